//! Where each behaviour that was reported of renderers is shown.
