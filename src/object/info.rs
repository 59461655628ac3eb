//! Info objects: ordered lists of (key, value) strings (MPI-4.1, chapter 10).

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::error::{Class, Error, Result};
use super::handle::HandleCell;

/// Longest key and value with their terminators: the largest of the ABIs. The
/// boundary checks what the caller's own header promises.
pub const KEY_MAX: usize = 256;
pub const VALUE_MAX: usize = 1024;

#[derive(Debug, Default)]
pub struct Info {
    entries: Mutex<Vec<(String, String)>>,
    pub handle: HandleCell,
}

impl Info {
    pub fn new() -> Info {
        Info::default()
    }

    pub fn from_entries(entries: impl IntoIterator<Item = (String, String)>) -> Info {
        Info { entries: Mutex::new(entries.into_iter().collect()), handle: HandleCell::default() }
    }

    /// Adds a key at the end, or replaces the value of one that is there.
    pub fn set(&self, key: &str, value: &str) -> Result<()> {
        if key.is_empty() || key.len() >= KEY_MAX {
            return Err(Error::new(
                Class::InfoKey,
                format!("info key of {} bytes: it must have 1 to {}", key.len(), KEY_MAX - 1),
            ));
        }
        if value.len() >= VALUE_MAX {
            return Err(Error::new(
                Class::InfoValue,
                format!("info value of {} bytes: the most is {}", value.len(), VALUE_MAX - 1),
            ));
        }
        let mut entries = self.entries();
        match entries.iter_mut().find(|(known, _)| known == key) {
            Some((_, old)) => *old = value.to_string(),
            None => entries.push((key.to_string(), value.to_string())),
        }
        Ok(())
    }

    pub fn get(&self, key: &str) -> Option<String> {
        self.entries().iter().find(|(known, _)| known == key).map(|(_, value)| value.clone())
    }

    pub fn delete(&self, key: &str) -> Result<()> {
        let mut entries = self.entries();
        let Some(at) = entries.iter().position(|(known, _)| known == key) else {
            return Err(Error::new(
                Class::InfoNokey,
                format!("the info object has no key \"{key}\""),
            ));
        };
        entries.remove(at);
        Ok(())
    }

    pub fn len(&self) -> usize {
        self.entries().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The `n`th key, in the order of first setting.
    pub fn nth_key(&self, n: usize) -> Result<String> {
        let entries = self.entries();
        entries.get(n).map(|(key, _)| key.clone()).ok_or_else(|| {
            Error::new(
                Class::Arg,
                format!("key number {n} of an info object with {} keys", entries.len()),
            )
        })
    }

    pub fn dup(&self) -> Info {
        Info::from_entries(self.entries().clone())
    }

    fn entries(&self) -> MutexGuard<'_, Vec<(String, String)>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_their_order_and_values_are_replaced() {
        let info = Info::new();
        info.set("b", "1").unwrap();
        info.set("a", "2").unwrap();
        info.set("b", "3").unwrap();
        assert_eq!((info.len(), info.nth_key(0).unwrap().as_str()), (2, "b"));
        assert_eq!(info.get("b").as_deref(), Some("3"));
        let copy = info.dup();
        info.delete("b").unwrap();
        assert_eq!(info.nth_key(0).unwrap(), "a");
        assert_eq!(info.delete("b").unwrap_err().class(), Class::InfoNokey);
        assert_eq!(info.nth_key(1).unwrap_err().class(), Class::Arg);
        assert_eq!(copy.get("b").as_deref(), Some("3"));
    }

    #[test]
    fn keys_and_values_have_bounds() {
        let info = Info::new();
        assert_eq!(info.set("", "x").unwrap_err().class(), Class::InfoKey);
        assert_eq!(info.set(&"k".repeat(KEY_MAX), "x").unwrap_err().class(), Class::InfoKey);
        assert_eq!(info.set("k", &"v".repeat(VALUE_MAX)).unwrap_err().class(), Class::InfoValue);
        info.set(&"k".repeat(KEY_MAX - 1), &"v".repeat(VALUE_MAX - 1)).unwrap();
    }
}
