//! Layer `launch`.
