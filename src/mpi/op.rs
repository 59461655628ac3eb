//! Section 6.9: reduction operations.

use crate::abi::kind::*;
use crate::mpi_functions;

mpi_functions! {
    fn MPI_Op_commutative(op: InOp, commute: OutFlag) = missing;
    fn MPI_Op_create(user_fn: UserFn, commute: Flag, op: OutOp) = missing;
    fn MPI_Op_create_c(user_fn: UserFnC, commute: Flag, op: OutOp) = missing;
    fn MPI_Op_free(op: InOutOp) = missing;
    fn MPI_Reduce_local(
        inbuf: ConstBuf, inoutbuf: Buf, count: Count, datatype: InDatatype, op: InOp
    ) = missing;
    fn MPI_Reduce_local_c(
        inbuf: ConstBuf, inoutbuf: Buf, count: CountC, datatype: InDatatype, op: InOp
    ) = missing;
}
