//! Handles in, out and in arrays, generic over what they name.

use std::marker::PhantomData;
use std::sync::Arc;

use smallvec::SmallVec;

use super::number::null_argument;
use super::{Kind, Returned, Shape, Sort};
use crate::abi::process::{self, Object, Ref};
use crate::abi::{Abi, Cx, Language, predefined, word};
use crate::engine::{MessageId, RequestId};
use crate::object::{Class, Error, Handle, Kind as ObjectKind, Result};

/// Handle that must name a live object: the value is the object.
pub struct In<T>(PhantomData<T>);
/// The datatype of a message: `MPI_DATATYPE_NULL` will do where there are no
/// items, and is complained about when there are.
pub struct ItemDatatype;
/// Handle that may be the null handle: the value is an `Option`.
pub struct Opt<T>(PhantomData<T>);
/// Handle as such: checked to be of the right kind, not looked up.
pub struct Named<T>(PhantomData<T>);
/// Pointer to a handle to be stored.
pub struct OutHandle<T>(PhantomData<T>);
/// Pointer to a handle that is read and then overwritten (`..._free`).
pub struct InOut<T>(PhantomData<T>);
/// Array of handles that is only read (`const MPI_X[]`).
pub struct Array<T>(PhantomData<T>);
/// Array of handles, read and written.
pub struct MutArray<T>(PhantomData<T>);

/// The names rows use: `InComm`, `OutComm`, ...
macro_rules! names {
    ($($generic:ident: $($name:ident = $object:ident),*;)*) => {
        $($(pub type $name = $generic<process::$object>;)*)*
    };
}

names! {
    In: InComm = Comm, InGroup = Group, InDatatype = Datatype, InErrhandler = Errhandler,
        InOp = Op, InInfo = Info, InWin = Win, InFile = File, InSession = Session;
    Opt: OptInfo = Info, OptComm = Comm, OptDatatype = Datatype;
    Named: NamedComm = Comm, NamedGroup = Group, NamedDatatype = Datatype,
        NamedErrhandler = Errhandler, NamedOp = Op, NamedInfo = Info, NamedRequest = Request,
        NamedMessage = Message, NamedWin = Win, NamedFile = File, NamedSession = Session;
    OutHandle: OutComm = Comm, OutGroup = Group, OutDatatype = Datatype,
        OutErrhandler = Errhandler, OutOp = Op, OutInfo = Info, OutRequest = Request,
        OutMessage = Message, OutWin = Win, OutFile = File, OutSession = Session;
    InOut: InOutComm = Comm, InOutGroup = Group, InOutDatatype = Datatype,
        InOutErrhandler = Errhandler, InOutOp = Op, InOutInfo = Info, InOutRequest = Request,
        InOutMessage = Message, InOutWin = Win, InOutFile = File, InOutSession = Session;
    Array: Datatypes = Datatype, Infos = Info, Requests = Request;
    MutArray: MutRequests = Request, MutDatatypes = Datatype, DatatypesOld = Datatype;
}

#[cold]
fn invalid<T: Object>(cx: &Cx, word: u64, name: &str) -> Error {
    let message = match word::handle(cx.abi, T::KIND, word) {
        Some(h) if h == Handle::null(T::KIND) => format!("{name} is {}", T::NULL),
        Some(_) => format!("{name} is {word:#x}, which names no {} (any more)", T::NOUN),
        None => format!("{name} is {word:#x}, which is no {} handle", T::NOUN),
    };
    Error::new(T::CLASS, message)
}

/// The internal handle of a word, or the error for it.
#[inline(always)]
fn translate<T: Object>(cx: &Cx, raw: u64, name: &str) -> Result<Handle> {
    match word::handle(cx.abi, T::KIND, raw) {
        Some(handle) => Ok(handle),
        None => Err(invalid::<T>(cx, raw, name)),
    }
}

#[inline(always)]
fn look_up<T: Object>(cx: &Cx, raw: u64, name: &str) -> Result<Ref<T>> {
    match word::handle(cx.abi, T::KIND, raw).and_then(|handle| T::find(cx.process, handle)) {
        Some(object) => Ok(object),
        None => Err(invalid::<T>(cx, raw, name)),
    }
}

impl<T: Object> Kind for In<T> {
    type Raw = usize;
    type Value = Ref<T>;
    const SHAPE: Shape = Shape { c: T::C, sort: Sort::Handle(T::KIND) };

    #[inline(always)]
    unsafe fn decode(cx: &Cx, raw: usize, name: &'static str) -> Result<Ref<T>> {
        look_up(cx, raw as u64, name)
    }
}

impl Kind for ItemDatatype {
    type Raw = usize;
    type Value = Ref<process::Datatype>;
    const SHAPE: Shape = InDatatype::SHAPE;

    #[inline(always)]
    unsafe fn decode(cx: &Cx, raw: usize, name: &'static str) -> Result<Self::Value> {
        look_up(cx, raw as u64, name).or_else(|error| {
            let null = Handle::null(ObjectKind::Datatype);
            let is_null = word::handle(cx.abi, ObjectKind::Datatype, raw as u64) == Some(null);
            let absent = cx.process.objects.datatypes.get(process::NO_DATATYPE);
            absent.filter(|_| is_null).ok_or(error)
        })
    }
}

impl<T: Object> Kind for Opt<T> {
    type Raw = usize;
    type Value = Option<Ref<T>>;
    const SHAPE: Shape = Shape { c: T::C, sort: Sort::Handle(T::KIND) };

    #[inline(always)]
    unsafe fn decode(cx: &Cx, raw: usize, name: &'static str) -> Result<Option<Ref<T>>> {
        if translate::<T>(cx, raw as u64, name)? == Handle::null(T::KIND) {
            return Ok(None);
        }
        look_up(cx, raw as u64, name).map(Some)
    }
}

impl<T: Object> Kind for Named<T> {
    type Raw = usize;
    type Value = Handle;
    const SHAPE: Shape = Shape { c: T::C, sort: Sort::Handle(T::KIND) };

    #[inline(always)]
    unsafe fn decode(cx: &Cx, raw: usize, name: &'static str) -> Result<Handle> {
        translate::<T>(cx, raw as u64, name)
    }
}

/// A place in the application's memory that holds one handle.
pub struct HandlePlace<T> {
    at: usize,
    name: &'static str,
    kind: PhantomData<T>,
}

impl<T: Object> HandlePlace<T> {
    /// Stores a handle.
    pub fn set(&self, cx: &Cx, handle: Handle) {
        // SAFETY: the application's place for one handle, checked not null.
        unsafe { word::store(cx.abi, cx.language, T::KIND, self.at, 0, handle) }
    }

    /// Stores the null handle of this kind.
    pub fn set_null(&self, cx: &Cx) {
        self.set(cx, Handle::null(T::KIND));
    }

    /// Gives `object` a handle and stores it.
    pub fn put(&self, cx: &Cx, object: Arc<T>) -> Result<Handle> {
        let handle = T::insert(cx.process, object)?;
        self.set(cx, handle);
        Ok(handle)
    }

    /// The same place after the call has returned (nonblocking constructors):
    /// the application keeps it until the request is complete.
    pub fn later(&self, cx: &Cx) -> LatePlace<T> {
        LatePlace { abi: cx.abi, language: cx.language, at: self.at, kind: PhantomData }
    }

    /// The handle found there (inout arguments); may be null.
    pub fn handle(&self, cx: &Cx) -> Result<Handle> {
        // SAFETY: as in `set`; inout handles are initialised.
        let raw = unsafe { word::load(cx.abi, cx.language, T::KIND, self.at, 0) };
        translate::<T>(cx, raw, self.name)
    }

    /// The object found there, which must exist.
    pub fn get(&self, cx: &Cx) -> Result<Ref<T>> {
        // SAFETY: as in `handle`.
        let raw = unsafe { word::load(cx.abi, cx.language, T::KIND, self.at, 0) };
        look_up(cx, raw, self.name)
    }
}

/// A place for one handle that is filled when a request completes.
pub struct LatePlace<T> {
    abi: Abi,
    language: Language,
    at: usize,
    kind: PhantomData<fn() -> T>,
}

impl<T: Object> LatePlace<T> {
    /// Gives `object` a handle and stores it.
    pub fn put(&self, process: &process::Process, object: Arc<T>) -> Result<Handle> {
        let handle = T::insert(process, object)?;
        // SAFETY: the application's place for one handle, checked not null,
        // which it keeps until the request is complete.
        unsafe { word::store(self.abi, self.language, T::KIND, self.at, 0, handle) }
        Ok(handle)
    }
}

fn handle_place<T: Object>(raw: usize, name: &'static str) -> Result<HandlePlace<T>> {
    if raw == 0 {
        return Err(null_argument(name));
    }
    Ok(HandlePlace { at: raw, name, kind: PhantomData })
}

/// Requests and messages live in the engine, under the index of their handle.
pub fn request_id(handle: Handle) -> Option<RequestId> {
    handle.is_dynamic().then(|| RequestId(handle.index()))
}

/// The same where the standard admits no `MPI_REQUEST_NULL`.
pub fn active_request_id(handle: Handle) -> Result<RequestId> {
    request_id(handle).ok_or_else(no_request)
}

/// A request was named that is none.
pub fn no_request() -> Error {
    Error::new(Class::Request, "request is MPI_REQUEST_NULL, which cannot be used here")
}

/// The handle of a request.
pub fn request_handle(id: RequestId) -> Handle {
    Handle::dynamic(ObjectKind::Request, id.0)
}

impl HandlePlace<process::Request> {
    /// Stores the handle of a request.
    #[inline]
    pub fn set_request(&self, cx: &Cx, id: RequestId) {
        self.set(cx, request_handle(id));
    }

    /// The request found there; `None` for `MPI_REQUEST_NULL`.
    #[inline]
    pub fn request(&self, cx: &Cx) -> Result<Option<RequestId>> {
        self.handle(cx).map(request_id)
    }
}

impl HandlePlace<process::Message> {
    /// Stores the handle of a matched message.
    pub fn set_message(&self, cx: &Cx, id: MessageId) {
        self.set(cx, Handle::dynamic(ObjectKind::Message, id.0));
    }

    /// Stores `MPI_MESSAGE_NO_PROC`.
    pub fn set_no_proc(&self, cx: &Cx) {
        self.set(cx, predefined::MESSAGE_NO_PROC);
    }

    /// The message found there; `None` for `MPI_MESSAGE_NO_PROC`.
    pub fn message(&self, cx: &Cx) -> Result<Option<MessageId>> {
        match self.handle(cx)? {
            predefined::MESSAGE_NO_PROC => Ok(None),
            handle if handle.is_dynamic() => Ok(Some(MessageId(handle.index()))),
            _ => Err(Error::new(Class::Request, format!("{} is MPI_MESSAGE_NULL", self.name))),
        }
    }
}

impl Handles<process::Request> {
    /// The request in entry `i`; `None` for `MPI_REQUEST_NULL`.
    #[inline]
    pub fn request(&self, cx: &Cx, i: usize) -> Result<Option<RequestId>> {
        self.handle(cx, i).map(request_id)
    }

    /// All of the first `count` requests.
    pub fn requests(&self, cx: &Cx, count: usize) -> Result<RequestList> {
        self.present(count)?;
        let mut list = RequestList::with_capacity(count);
        for i in 0..count {
            list.push(self.request(cx, i)?);
        }
        Ok(list)
    }

    /// Stores `MPI_REQUEST_NULL` in entry `i`.
    #[inline]
    pub fn set_null(&self, cx: &Cx, i: usize) {
        self.set(cx, i, Handle::null(ObjectKind::Request));
    }
}

/// The requests of an array; no allocation for the usual few.
pub type RequestList = SmallVec<[Option<RequestId>; 64]>;

impl<T: Object> Kind for OutHandle<T> {
    type Raw = usize;
    type Value = HandlePlace<T>;
    const SHAPE: Shape = Shape { c: T::C_POINTER, sort: Sort::Pointer };

    /// A communicator that does not come about is null, as MPICH leaves it.
    /// Other places stay as they are until there is something to put there:
    /// one may be an entry of the array of types that a new type is made of.
    #[inline(always)]
    unsafe fn decode(cx: &Cx, raw: usize, name: &'static str) -> Result<HandlePlace<T>> {
        let place = handle_place(raw, name)?;
        if T::KIND == ObjectKind::Comm {
            place.set_null(cx);
        }
        Ok(place)
    }
}

impl<T: Object> Kind for InOut<T> {
    type Raw = usize;
    type Value = HandlePlace<T>;
    const SHAPE: Shape = Shape { c: T::C_POINTER, sort: Sort::HandleAt(T::KIND) };

    #[inline(always)]
    unsafe fn decode(_: &Cx, raw: usize, name: &'static str) -> Result<HandlePlace<T>> {
        handle_place(raw, name)
    }
}

/// An array of handles whose length the body knows.
pub struct Handles<T> {
    at: usize,
    name: &'static str,
    kind: PhantomData<T>,
}

impl<T: Object> Handles<T> {
    pub fn is_null(&self) -> bool {
        self.at == 0
    }

    /// An error when the array is missing although it should have entries.
    pub fn present(&self, count: usize) -> Result<()> {
        if count > 0 && self.at == 0 { Err(null_argument(self.name)) } else { Ok(()) }
    }

    /// Entry `i` as a handle; may be null.
    #[inline]
    pub fn handle(&self, cx: &Cx, i: usize) -> Result<Handle> {
        // SAFETY: `i` is below the length the standard gives the array.
        let raw = unsafe { word::load(cx.abi, cx.language, T::KIND, self.at, i) };
        match word::handle(cx.abi, T::KIND, raw) {
            Some(handle) => Ok(handle),
            None => Err(self.at_entry(i, invalid::<T>(cx, raw, self.name))),
        }
    }

    /// Entry `i` as an object, which must exist.
    #[inline]
    pub fn get(&self, cx: &Cx, i: usize) -> Result<Ref<T>> {
        // SAFETY: as in `handle`.
        let raw = unsafe { word::load(cx.abi, cx.language, T::KIND, self.at, i) };
        look_up(cx, raw, self.name).map_err(|error| self.at_entry(i, error))
    }

    /// The first `count` objects.
    pub fn read(&self, cx: &Cx, count: usize) -> Result<Vec<Arc<T>>> {
        self.present(count)?;
        (0..count).map(|i| self.get(cx, i).map(|object| object.share())).collect()
    }

    /// Stores a handle in entry `i` (arrays the function may write).
    #[inline]
    pub fn set(&self, cx: &Cx, i: usize, handle: Handle) {
        // SAFETY: as in `handle`.
        unsafe { word::store(cx.abi, cx.language, T::KIND, self.at, i, handle) }
    }

    #[cold]
    fn at_entry(&self, i: usize, error: Error) -> Error {
        Error::new(error.class(), format!("entry {i}: {}", error.message()))
    }
}

impl<T: Object> Kind for Array<T> {
    type Raw = usize;
    type Value = Handles<T>;
    const SHAPE: Shape = Shape { c: T::C_CONST_POINTER, sort: Sort::Handles(T::KIND) };

    #[inline(always)]
    unsafe fn decode(_: &Cx, raw: usize, name: &'static str) -> Result<Handles<T>> {
        Ok(Handles { at: raw, name, kind: PhantomData })
    }
}

impl<T: Object> Kind for MutArray<T> {
    type Raw = usize;
    type Value = Handles<T>;
    const SHAPE: Shape = Shape { c: T::C_POINTER, sort: Sort::Handles(T::KIND) };

    #[inline(always)]
    unsafe fn decode(_: &Cx, raw: usize, name: &'static str) -> Result<Handles<T>> {
        Ok(Handles { at: raw, name, kind: PhantomData })
    }
}

/// A function's result is a handle (`MPI_Comm_f2c`).
impl<T: Object> Returned for Named<T> {
    type Raw = usize;
    type Value = Handle;
    const C: &'static str = T::C;

    fn encode(cx: &Cx, value: Handle) -> usize {
        word::word(cx.abi, T::KIND, value) as usize
    }

    fn nothing() -> usize {
        match crate::abi::decided() {
            Some(abi) => word::word(abi, T::KIND, Handle::null(T::KIND)) as usize,
            None => 0,
        }
    }
}

/// A Fortran handle in (`MPI_Fint` of `MPI_X_f2c`).
pub struct FortranHandle;
/// The `int` of `MPI_X_fromint`.
pub struct IntHandle;

macro_rules! integer_handles {
    ($($name:ident: $c:literal;)*) => {$(
        impl Kind for $name {
            type Raw = i32;
            type Value = i32;
            const SHAPE: Shape = Shape { c: $c, sort: Sort::Int };

            #[inline(always)]
            unsafe fn decode(_: &Cx, raw: i32, _: &'static str) -> Result<i32> {
                Ok(raw)
            }
        }
    )*};
}

integer_handles! {
    FortranHandle: "MPI_Fint";
    IntHandle: "int";
}

/// An error for a handle argument found wrong after decoding.
pub fn wrong_handle<T: Object>(name: &str, why: &str) -> Error {
    Error::new(T::CLASS, format!("{name} {why}"))
}

/// Class of the errors about handles of one kind.
pub fn class_of(kind: crate::object::Kind) -> Class {
    use crate::object::Kind as K;
    match kind {
        K::Comm => Class::Comm,
        K::Group => Class::Group,
        K::Datatype => Class::Type,
        K::File => Class::File,
        K::Errhandler => Class::Errhandler,
        K::Op => Class::Op,
        K::Info => Class::Info,
        K::Win => Class::Win,
        K::Keyval => Class::Keyval,
        K::Request | K::Message => Class::Request,
        K::Session => Class::Session,
    }
}
