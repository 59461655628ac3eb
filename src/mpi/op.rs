//! Section 6.9: reduction operations.

use std::sync::Arc;

use super::collective_plan::no_alias;
use crate::abi::kind::*;
use crate::abi::process::{Object, Ref};
use crate::abi::{Cx, callback};
use crate::mpi_functions;
use crate::object::{Class, Datatype, Error, Op, Result};

mpi_functions! {
    fn MPI_Op_commutative(op: InOp, commute: OutFlag) = commutative;
    fn MPI_Op_create(user_fn: UserFn, commute: Flag, op: OutOp) = create;
    fn MPI_Op_create_c(user_fn: UserFnC, commute: Flag, op: OutOp) = create;
    fn MPI_Op_free(op: InOutOp) = free;
    fn MPI_Reduce_local(
        inbuf: ConstBuf, inoutbuf: Buf, count: Count, datatype: InDatatype, op: InOp
    ) = reduce_local;
    fn MPI_Reduce_local_c(
        inbuf: ConstBuf, inoutbuf: Buf, count: CountC, datatype: InDatatype, op: InOp
    ) = reduce_local;
}

fn commutative(_: &Cx, op: Ref<Op>, commute: FlagPlace) -> Result<()> {
    commute.set(op.commutative);
    Ok(())
}

fn create(cx: &Cx, function: Callback, commute: bool, op: HandlePlace<Op>) -> Result<()> {
    if function.is_null() {
        return Err(Error::new(Class::Arg, "Null pointer in parameter user_fn"));
    }
    op.put(cx, Arc::new(callback::operation(cx, function, commute)))?;
    Ok(())
}

fn free(cx: &Cx, place: HandlePlace<Op>) -> Result<()> {
    let op = place.get(cx)?.share();
    if op.is_builtin() {
        return Err(Error::new(Class::Op, format!("{op:?} is predefined and cannot be freed")));
    }
    Op::remove(cx.process, place.handle(cx)?);
    place.set_null(cx);
    Ok(())
}

fn reduce_local(
    _: &Cx,
    inbuf: Memory,
    inoutbuf: Memory,
    count: usize,
    datatype: Ref<Datatype>,
    op: Ref<Op>,
) -> Result<()> {
    op.check(&datatype)?;
    let (input, inout) = (inbuf.buffer(count, &datatype)?, inoutbuf.buffer(count, &datatype)?);
    no_alias(&input, &inout, inbuf.name())?;
    op.apply(&input, &inout)
}
