//! Layer `secure`.
