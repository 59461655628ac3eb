//! Maps handles to objects. Look-up takes no lock; insertion and removal take
//! one that only they use.
//!
//! Predefined objects live in slots of their own, keyed by the low byte of the
//! handle's index (MPICH's predefined datatypes carry their size above it).
//! Slots of dynamic objects are in chunks that double in size and never move.
//! The index freed last is used first, as in MPICH.

use std::ops::Deref;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use arc_swap::{ArcSwapOption, Guard};

use super::error::{Class, Error, Result};
use super::handle::{Handle, Kind};

const BUILTIN_SLOTS: usize = 256;
const FIRST_CHUNK: u32 = 64;
const CHUNKS: usize = 21;

type Slots<T> = Box<[ArcSwapOption<T>]>;

/// All objects of one kind.
pub struct Table<T: 'static> {
    kind: Kind,
    limit: u32,
    builtin: Box<[OnceLock<Builtin<T>>]>,
    chunks: [OnceLock<Slots<T>>; CHUNKS],
    free: Mutex<Free>,
}

#[derive(Default)]
struct Free {
    indices: Vec<u32>,
    /// First index never used.
    next: u32,
}

/// A predefined object and its full index. It stays for the life of the
/// process, so it is leaked, and finding it is one load.
struct Builtin<T: 'static> {
    index: u32,
    object: &'static Arc<T>,
}

/// An object found in a table, borrowed without touching its reference count.
pub struct Found<T: 'static>(Place<T>);

enum Place<T: 'static> {
    Builtin(&'static Arc<T>),
    Dynamic(Guard<Option<Arc<T>>>),
}

impl<T> Found<T> {
    /// A share of the object that outlives its handle.
    pub fn share(&self) -> Arc<T> {
        Arc::clone(self)
    }

    /// The object, if it stays for the life of the process: who keeps it need
    /// not count it.
    #[inline]
    pub fn lasting(&self) -> Option<&'static Arc<T>> {
        match self.0 {
            Place::Builtin(object) => Some(object),
            Place::Dynamic(_) => None,
        }
    }
}

impl<T> Deref for Found<T> {
    type Target = Arc<T>;

    #[inline]
    fn deref(&self) -> &Arc<T> {
        match &self.0 {
            Place::Builtin(object) => object,
            Place::Dynamic(guard) => guard.as_ref().expect("only full slots are handed out"),
        }
    }
}

impl<T> Table<T> {
    pub fn new(kind: Kind) -> Table<T> {
        // Every index has its slot in one of the chunks.
        let slots = FIRST_CHUNK * ((1 << CHUNKS) - 1);
        Table::with_limit(kind, slots.min(Handle::INDEX_MAX))
    }

    /// A table for at most `limit` dynamic objects.
    pub fn with_limit(kind: Kind, limit: u32) -> Table<T> {
        Table {
            kind,
            limit,
            builtin: (0..BUILTIN_SLOTS).map(|_| OnceLock::new()).collect(),
            chunks: [const { OnceLock::new() }; CHUNKS],
            free: Mutex::new(Free::default()),
        }
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Puts a predefined object under a handle the standard or an ABI fixed.
    /// A dynamic handle must be the next one never used (MPICH's pair types
    /// have such handles).
    pub fn install(&self, handle: Handle, object: Arc<T>) {
        assert!(handle.is(self.kind), "{handle:?} is not of kind {:?}", self.kind);
        if handle.is_builtin() {
            let slot = &self.builtin[handle.index() as usize % BUILTIN_SLOTS];
            let object = Box::leak(Box::new(object));
            let fresh = slot.set(Builtin { index: handle.index(), object }).is_ok();
            assert!(fresh, "{handle:?} is installed once");
            return;
        }
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(handle.is_dynamic() && handle.index() == free.next && free.indices.is_empty());
        free.next += 1;
        self.slot_or_grow(handle.index()).store(Some(object));
    }

    /// Gives the object a handle; fails when the table is full.
    pub fn insert(&self, object: Arc<T>) -> Result<Handle> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let index = match free.indices.pop() {
            Some(index) => index,
            None if free.next < self.limit => {
                free.next += 1;
                free.next - 1
            }
            None => return Err(self.full()),
        };
        self.slot_or_grow(index).store(Some(object));
        Ok(Handle::dynamic(self.kind, index))
    }

    /// How many dynamic objects there are.
    pub fn len(&self) -> u32 {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        free.next - free.indices.len() as u32
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The object a handle names, or nothing for null, freed, foreign and
    /// made-up handles.
    #[inline(always)]
    pub fn get(&self, handle: Handle) -> Option<Found<T>> {
        if !handle.is_builtin() {
            return self.dynamic(handle);
        }
        let builtin = self.builtin[handle.index() as usize % BUILTIN_SLOTS].get()?;
        let known = builtin.index == handle.index() && handle.is(self.kind);
        known.then_some(Found(Place::Builtin(builtin.object)))
    }

    #[inline(never)]
    fn dynamic(&self, handle: Handle) -> Option<Found<T>> {
        let guard = self.slot(handle)?.load();
        guard.is_some().then_some(Found(Place::Dynamic(guard)))
    }

    /// Takes the handle's object out of the table; its users keep their share.
    /// Predefined objects stay.
    pub fn remove(&self, handle: Handle) -> Option<Arc<T>> {
        if !handle.is_dynamic() {
            return None;
        }
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let object = self.slot(handle)?.swap(None)?;
        free.indices.push(handle.index());
        Some(object)
    }

    /// Handles of all dynamic objects alive, in no particular order.
    pub fn handles(&self) -> Vec<Handle> {
        let next = self.free.lock().unwrap_or_else(PoisonError::into_inner).next;
        (0..next)
            .map(|index| Handle::dynamic(self.kind, index))
            .filter(|handle| self.get(*handle).is_some())
            .collect()
    }

    #[inline]
    fn slot(&self, handle: Handle) -> Option<&ArcSwapOption<T>> {
        if !handle.is(self.kind) || !handle.is_dynamic() {
            return None;
        }
        let (chunk, offset) = place(handle.index());
        self.chunks.get(chunk)?.get()?.get(offset)
    }

    fn slot_or_grow(&self, index: u32) -> &ArcSwapOption<T> {
        let (chunk, offset) = place(index);
        let slots = self.chunks[chunk].get_or_init(|| empty_slots((FIRST_CHUNK as usize) << chunk));
        &slots[offset]
    }

    #[cold]
    fn full(&self) -> Error {
        Error::new(
            Class::Other,
            format!(
                "{} objects of kind {:?} are alive, which is the most there can be; free some",
                self.limit, self.kind
            ),
        )
    }
}

fn empty_slots<T>(count: usize) -> Slots<T> {
    (0..count).map(|_| ArcSwapOption::empty()).collect()
}

/// Chunk and offset of an index: chunk `n` has `FIRST_CHUNK << n` slots.
#[inline]
fn place(index: u32) -> (usize, usize) {
    let shifted = index + FIRST_CHUNK;
    let chunk = shifted.ilog2() - FIRST_CHUNK.ilog2();
    (chunk as usize, (shifted - (FIRST_CHUNK << chunk)) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_find_their_objects_until_removed() {
        let table = Table::new(Kind::Group);
        let handles: Vec<_> = (0..1000).map(|i| table.insert(Arc::new(i)).unwrap()).collect();
        for (i, handle) in handles.iter().enumerate() {
            assert_eq!(**table.get(*handle).unwrap(), i);
        }
        let kept = table.get(handles[7]).unwrap().share();
        assert_eq!(table.remove(handles[7]).as_deref(), Some(&7));
        assert!(table.get(handles[7]).is_none());
        assert!(table.remove(handles[7]).is_none());
        assert_eq!(*kept, 7);
    }

    #[test]
    fn index_freed_last_is_used_first() {
        let table = Table::new(Kind::Group);
        let handles: Vec<_> = (0..10).map(|i| table.insert(Arc::new(i)).unwrap()).collect();
        table.remove(handles[3]);
        table.remove(handles[5]);
        assert_eq!(table.insert(Arc::new(0)).unwrap(), handles[5]);
        assert_eq!(table.insert(Arc::new(0)).unwrap(), handles[3]);
    }

    #[test]
    fn predefined_objects_answer_only_to_their_exact_handle_and_stay() {
        let table = Table::new(Kind::Datatype);
        let int = Handle(0x4c00_0405);
        table.install(int, Arc::new("int"));
        assert_eq!(**table.get(int).unwrap(), "int");
        assert!(table.get(Handle(0x4c00_0805)).is_none());
        assert!(table.remove(int).is_none());
        assert!(table.get(int).is_some());
        assert!(table.get(Handle::null(Kind::Datatype)).is_none());
        assert!(table.get(Handle::builtin(Kind::Comm, 0x405)).is_none());
    }

    #[test]
    fn full_table_says_so_and_recovers() {
        let table = Table::with_limit(Kind::Request, 2);
        let first = table.insert(Arc::new(())).unwrap();
        table.insert(Arc::new(())).unwrap();
        let error = table.insert(Arc::new(())).unwrap_err();
        assert!(error.message().contains("2 objects of kind Request"));
        table.remove(first);
        assert_eq!(table.insert(Arc::new(())).unwrap(), first);
    }

    #[test]
    fn threads_insert_find_and_remove_at_once() {
        let table = Arc::new(Table::new(Kind::Info));
        let workers: Vec<_> = (0..4u64)
            .map(|worker| {
                let table = Arc::clone(&table);
                std::thread::spawn(move || {
                    for round in 0..2000u64 {
                        let value = worker << 32 | round;
                        let handle = table.insert(Arc::new(value)).unwrap();
                        assert_eq!(**table.get(handle).unwrap(), value);
                        if round % 3 != 0 {
                            assert_eq!(table.remove(handle).as_deref(), Some(&value));
                        }
                    }
                })
            })
            .collect();
        workers.into_iter().for_each(|worker| worker.join().unwrap());
        assert_eq!(table.handles().len(), 4 * 667);
    }
}
