//! Attributes cached on communicators, datatypes and windows (MPI-4.1,
//! section 7.7): keyvals with their callbacks, and the values on one object.
//!
//! Invariant: no callback runs while a lock is held. Callers take a snapshot,
//! call, and store the outcome. Values are machine words; what the language of
//! the caller makes of them is the boundary's business.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::error::Result;

/// An attribute value and who set it: C and Fortran read each other's values
/// differently (MPI-4.1, section 19.3.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value {
    pub bits: usize,
    pub language: Language,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// A pointer.
    C,
    /// A number. An `INTEGER` of MPI-1's functions was widened when it came in.
    Fortran,
}

impl Value {
    pub fn pointer(bits: usize) -> Value {
        Value { bits, language: Language::C }
    }
}

/// The callbacks of a keyval, made in `abi`. `O` is the object they are about.
pub trait Callbacks<O>: Send + Sync {
    /// Called when `object` is duplicated; nothing when the attribute is not
    /// to be copied.
    fn copy(&self, object: &Arc<O>, keyval: &Arc<Keyval<O>>, value: Value)
    -> Result<Option<Value>>;

    /// Called when the attribute is deleted or replaced, or `object` is freed.
    fn delete(&self, object: &Arc<O>, keyval: &Arc<Keyval<O>>, value: Value) -> Result<()>;
}

/// A key for attributes of objects of type `O`. Freeing it leaves it and its
/// handle alive as long as attributes use it (MPI-4.1, section 7.7.2).
pub struct Keyval<O> {
    pub callbacks: Box<dyn Callbacks<O>>,
    pub handle: super::handle::HandleCell,
    /// Relaxed: a program orders its own frees before its uses.
    freed: AtomicBool,
}

impl<O> Keyval<O> {
    pub fn new(callbacks: Box<dyn Callbacks<O>>) -> Arc<Keyval<O>> {
        Arc::new(Keyval { callbacks, handle: Default::default(), freed: AtomicBool::new(false) })
    }

    /// The application gave the key up.
    pub fn mark_freed(&self) {
        self.freed.store(true, Ordering::Relaxed);
    }

    /// Given up, and no attribute has it: only the table of handles still does.
    pub fn is_gone(self: &Arc<Keyval<O>>) -> bool {
        self.freed.load(Ordering::Relaxed) && Arc::strong_count(self) == 1
    }
}

impl<O> std::fmt::Debug for Keyval<O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keyval({:?})", self.handle.get())
    }
}

/// The attributes of one object, in the order they were first set.
#[derive(Debug)]
pub struct Attributes<O>(Mutex<Vec<(Arc<Keyval<O>>, Value)>>);

impl<O> Default for Attributes<O> {
    fn default() -> Attributes<O> {
        Attributes(Mutex::new(Vec::new()))
    }
}

impl<O> Attributes<O> {
    pub fn get(&self, keyval: &Arc<Keyval<O>>) -> Option<Value> {
        let list = self.list();
        list.iter().find(|(key, _)| Arc::ptr_eq(key, keyval)).map(|(_, value)| *value)
    }

    /// Sets a value; the delete callback is called for the one it replaces. If
    /// that fails, the old value stays.
    pub fn set(&self, object: &Arc<O>, keyval: &Arc<Keyval<O>>, value: Value) -> Result<()> {
        if let Some(old) = self.get(keyval) {
            keyval.callbacks.delete(object, keyval, old)?;
        }
        let mut list = self.list();
        match list.iter_mut().find(|(key, _)| Arc::ptr_eq(key, keyval)) {
            Some((_, old)) => *old = value,
            None => list.push((Arc::clone(keyval), value)),
        }
        Ok(())
    }

    /// Deletes a value, if there is one, after its delete callback agreed.
    pub fn delete(&self, object: &Arc<O>, keyval: &Arc<Keyval<O>>) -> Result<()> {
        let Some(old) = self.get(keyval) else {
            return Ok(());
        };
        keyval.callbacks.delete(object, keyval, old)?;
        self.list().retain(|(key, _)| !Arc::ptr_eq(key, keyval));
        Ok(())
    }

    /// Deletes all, last set first (MPI-4.1, section 11.2.4 asks this order
    /// for `MPI_COMM_SELF`; MPICH keeps it everywhere). Stops at the first
    /// callback that refuses, leaving the rest in place.
    pub fn delete_all(&self, object: &Arc<O>) -> Result<()> {
        loop {
            let last = self.list().last().map(|(key, value)| (Arc::clone(key), *value));
            let Some((keyval, value)) = last else {
                return Ok(());
            };
            keyval.callbacks.delete(object, &keyval, value)?;
            self.list().retain(|(key, _)| !Arc::ptr_eq(key, &keyval));
        }
    }

    /// Fills `self`, of a new duplicate, from the attributes of `old` as their
    /// copy callbacks say.
    pub fn copy_from(&self, old: &Arc<O>, attributes: &Attributes<O>) -> Result<()> {
        let snapshot = attributes.list().clone();
        for (keyval, value) in snapshot {
            if let Some(copy) = keyval.callbacks.copy(old, &keyval, value)? {
                self.list().push((keyval, copy));
            }
        }
        Ok(())
    }

    pub fn is_empty(&self) -> bool {
        self.list().is_empty()
    }

    fn list(&self) -> std::sync::MutexGuard<'_, Vec<(Arc<Keyval<O>>, Value)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::super::error::Error;
    use super::*;

    #[derive(Default)]
    struct Thing {
        attributes: Attributes<Thing>,
        log: Mutex<Vec<String>>,
    }

    /// Copies value + 1, refuses to copy 13, refuses to delete 99.
    struct Logged(&'static str);

    impl Callbacks<Thing> for Logged {
        fn copy(
            &self,
            thing: &Arc<Thing>,
            _: &Arc<Keyval<Thing>>,
            value: Value,
        ) -> Result<Option<Value>> {
            thing.log.lock().unwrap().push(format!("copy {}{}", self.0, value.bits));
            Ok((value.bits != 13).then(|| Value::pointer(value.bits + 1)))
        }

        fn delete(&self, thing: &Arc<Thing>, key: &Arc<Keyval<Thing>>, value: Value) -> Result<()> {
            // A callback may use the attributes: there is no lock to run into.
            thing.attributes.get(key);
            thing.log.lock().unwrap().push(format!("delete {}{}", self.0, value.bits));
            if value.bits == 99 { Err(Error::user(99)) } else { Ok(()) }
        }
    }

    #[test]
    fn attributes_are_deleted_last_set_first() {
        let (a, b) = (Keyval::new(Box::new(Logged("a"))), Keyval::new(Box::new(Logged("b"))));
        let thing = Arc::new(Thing::default());
        thing.attributes.set(&thing, &a, Value::pointer(1)).unwrap();
        thing.attributes.set(&thing, &b, Value::pointer(2)).unwrap();
        thing.attributes.set(&thing, &a, Value::pointer(3)).unwrap();
        thing.attributes.delete_all(&thing).unwrap();
        assert_eq!(*thing.log.lock().unwrap(), ["delete a1", "delete b2", "delete a3"]);
    }

    #[test]
    fn refusing_callback_keeps_the_attribute() {
        let key = Keyval::new(Box::new(Logged("k")));
        let thing = Arc::new(Thing::default());
        thing.attributes.set(&thing, &key, Value::pointer(99)).unwrap();
        let error = thing.attributes.set(&thing, &key, Value::pointer(1)).unwrap_err();
        assert_eq!(error.user_code(), Some(99));
        assert!(thing.attributes.delete(&thing, &key).is_err());
        assert!(thing.attributes.delete_all(&thing).is_err());
        assert_eq!(thing.attributes.get(&key), Some(Value::pointer(99)));
    }

    #[test]
    fn duplicate_gets_what_the_copy_callbacks_give() {
        let (a, b) = (Keyval::new(Box::new(Logged("a"))), Keyval::new(Box::new(Logged("b"))));
        let (old, new) = (Arc::new(Thing::default()), Thing::default());
        old.attributes.set(&old, &a, Value::pointer(1)).unwrap();
        old.attributes.set(&old, &b, Value::pointer(13)).unwrap();
        new.attributes.copy_from(&old, &old.attributes).unwrap();
        assert_eq!(new.attributes.get(&a), Some(Value::pointer(2)));
        assert_eq!(new.attributes.get(&b), None);
        assert_eq!(*old.log.lock().unwrap(), ["copy a1", "copy b13"]);
    }
}
