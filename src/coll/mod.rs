//! Layer `coll`.
