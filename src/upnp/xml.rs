//! A lenient reading of XML: what renderers send is often not well-formed.
