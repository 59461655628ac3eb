//! Layer `abi`.
