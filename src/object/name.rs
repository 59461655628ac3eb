//! The name of an object (`MPI_Comm_set_name` and its like). What an ABI
//! has no room for is cut at the boundary.

use std::sync::{Mutex, PoisonError};

#[derive(Debug, Default)]
pub struct Name(Mutex<String>);

impl Name {
    pub fn new(name: impl Into<String>) -> Name {
        Name(Mutex::new(name.into()))
    }

    pub fn read(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn write(&self, name: impl Into<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = name.into();
    }
}
