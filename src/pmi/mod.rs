//! Layer `pmi`.
