//! Reduction operations: the predefined ones and the application's.
//!
//! `into = from op into`, item by item: `from` is the left operand, which
//! matters to operations that do not commute.

use std::ffi::c_void;
use std::sync::Arc;

use super::basic::Basic;
use super::buffer::Buffer;
use super::datatype::Datatype;
use super::error::{Class, Error, Result};
use super::handle::{Handle, HandleCell, Kind};
use super::reduce::{self, Kernel};

/// A predefined operation; the numbers are the low bits of MPICH's handles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Builtin {
    Max = 1,
    Min = 2,
    Sum = 3,
    Prod = 4,
    LogicalAnd = 5,
    BitAnd = 6,
    LogicalOr = 7,
    BitOr = 8,
    LogicalXor = 9,
    BitXor = 10,
    MinLoc = 11,
    MaxLoc = 12,
    Replace = 13,
    NoOp = 14,
}

impl Builtin {
    pub const ALL: [Builtin; 14] = [
        Builtin::Max,
        Builtin::Min,
        Builtin::Sum,
        Builtin::Prod,
        Builtin::LogicalAnd,
        Builtin::BitAnd,
        Builtin::LogicalOr,
        Builtin::BitOr,
        Builtin::LogicalXor,
        Builtin::BitXor,
        Builtin::MinLoc,
        Builtin::MaxLoc,
        Builtin::Replace,
        Builtin::NoOp,
    ];

    pub const fn handle(self) -> Handle {
        Handle::builtin(Kind::Op, self as u32)
    }

    pub const fn symbol(self) -> &'static str {
        match self {
            Builtin::Max => "MPI_MAX",
            Builtin::Min => "MPI_MIN",
            Builtin::Sum => "MPI_SUM",
            Builtin::Prod => "MPI_PROD",
            Builtin::LogicalAnd => "MPI_LAND",
            Builtin::BitAnd => "MPI_BAND",
            Builtin::LogicalOr => "MPI_LOR",
            Builtin::BitOr => "MPI_BOR",
            Builtin::LogicalXor => "MPI_LXOR",
            Builtin::BitXor => "MPI_BXOR",
            Builtin::MinLoc => "MPI_MINLOC",
            Builtin::MaxLoc => "MPI_MAXLOC",
            Builtin::Replace => "MPI_REPLACE",
            Builtin::NoOp => "MPI_NO_OP",
        }
    }
}

/// An operation of the application, made in `abi`.
pub trait UserOp: Send + Sync {
    /// Calls it for `len` items of `datatype` at both addresses; the outcome
    /// goes to `into`.
    fn apply(&self, from: *const c_void, into: *mut c_void, len: i64, datatype: &Arc<Datatype>);
}

#[derive(Clone)]
pub enum Action {
    Builtin(Builtin),
    User(Arc<dyn UserOp>),
}

pub struct Op {
    pub action: Action,
    pub commutative: bool,
    pub handle: HandleCell,
}

impl Op {
    pub fn builtin(builtin: Builtin) -> Op {
        let op = Op {
            action: Action::Builtin(builtin),
            // REPLACE keeps the operand that comes first.
            commutative: !matches!(builtin, Builtin::Replace | Builtin::NoOp),
            handle: HandleCell::default(),
        };
        op.handle.set(builtin.handle());
        op
    }

    pub fn user(function: Arc<dyn UserOp>, commutative: bool) -> Op {
        Op { action: Action::User(function), commutative, handle: HandleCell::default() }
    }

    pub fn is_builtin(&self) -> bool {
        matches!(self.action, Action::Builtin(_))
    }

    /// Whether a reduction may use the operation on this datatype (MPI-4.1,
    /// section 6.9.2): predefined operations want predefined types, and
    /// REPLACE and NO_OP are for one-sided communication alone.
    pub fn check(&self, datatype: &Datatype) -> Result<()> {
        match self.action {
            Action::User(_) => Ok(()),
            Action::Builtin(builtin) => {
                match datatype.basic_of_dup().and_then(|basic| reduce::kernel(builtin, basic)) {
                    Some(_) => Ok(()),
                    None => Err(illegal(builtin, datatype)),
                }
            }
        }
    }

    /// `into = from op into` for all items; both have the same datatype and
    /// count. Predefined operations work on derived types, too, if all
    /// elements are of one type (which one-sided communication allows).
    pub fn apply(&self, from: &Buffer, into: &Buffer) -> Result<()> {
        if into.is_empty() {
            return Ok(());
        }
        assert_eq!(from.len(), into.len(), "operands differ in length");
        let builtin = match &self.action {
            Action::User(function) => {
                let (left, right) = (from.address(), into.address());
                function.apply(left, right, into.count() as i64, into.datatype());
                return Ok(());
            }
            Action::Builtin(Builtin::NoOp) => return Ok(()),
            Action::Builtin(Builtin::Replace) => return Buffer::copy(from, into),
            Action::Builtin(builtin) => *builtin,
        };
        let datatype = into.datatype();
        if let Some(basic) = datatype.basic_of_dup() {
            let kernel =
                reduce::kernel(builtin, basic).ok_or_else(|| illegal(builtin, datatype))?;
            reduce::run(kernel, from, into);
            return Ok(());
        }
        let found = datatype.signature().uniform();
        match found.and_then(|basic| Some((basic, reduce::kernel(builtin, basic)?))) {
            Some((basic, kernel)) => apply_scattered(kernel, basic, from, into),
            None => Err(illegal(builtin, datatype)),
        }
    }
}

impl std::fmt::Debug for Op {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match &self.action {
            Action::Builtin(builtin) => builtin.symbol(),
            Action::User(_) => "user operation",
        })
    }
}

/// Gathers elements of one basic type piece by piece, reduces, scatters.
fn apply_scattered(kernel: Kernel, basic: Basic, from: &Buffer, into: &Buffer) -> Result<()> {
    const ELEMENTS_MAX: usize = 4096;
    let element = Datatype::predefined(basic);
    let size = basic.size();
    let mut at = 0;
    while at < into.len() {
        let count = ELEMENTS_MAX.min((into.len() - at) / size);
        let left = Buffer::scratch_items(count, element)?;
        let right = Buffer::scratch_items(count, element)?;
        Buffer::copy(&from.part(at, count * size), &left)?;
        Buffer::copy(&into.part(at, count * size), &right)?;
        reduce::run(kernel, &left, &right);
        Buffer::copy(&right, &into.part(at, count * size))?;
        at += count * size;
    }
    Ok(())
}

#[cold]
fn illegal(builtin: Builtin, datatype: &Datatype) -> Error {
    Error::new(
        Class::Op,
        format!("{} is not defined for {}", builtin.symbol(), datatype.describe()),
    )
}
