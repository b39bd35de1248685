//! What a renderer says it plays, and what we say of a file: protocolInfo (ConnectionManager:1 §2.5.2).
