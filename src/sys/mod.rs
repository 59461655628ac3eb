//! Layer `sys`.
