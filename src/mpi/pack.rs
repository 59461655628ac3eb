//! Sections 5.2 and 5.3: packing and unpacking.

use crate::abi::Cx;
use crate::abi::kind::*;
use crate::abi::process::Ref;
use crate::mpi_functions;
use crate::object::{Buffer, Class, Comm, Datatype, Error, Result, external32};

mpi_functions! {
    fn MPI_Pack(
        inbuf: ConstBuf, incount: Count, datatype: InDatatype, outbuf: Buf, outsize: Count,
        position: OutCount, comm: InComm
    ) = pack;
    fn MPI_Pack_c(
        inbuf: ConstBuf, incount: CountC, datatype: InDatatype, outbuf: Buf, outsize: CountC,
        position: OutCountC, comm: InComm
    ) = pack;
    fn MPI_Pack_external(
        datarep: InString, inbuf: ConstBuf, incount: Count, datatype: InDatatype, outbuf: Buf,
        outsize: SizeA, position: OutCountA
    ) = pack_external;
    fn MPI_Pack_external_c(
        datarep: InString, inbuf: ConstBuf, incount: CountC, datatype: InDatatype, outbuf: Buf,
        outsize: CountC, position: OutCountC
    ) = pack_external;
    fn MPI_Pack_external_size(
        datarep: InString, incount: Count, datatype: InDatatype, size: OutCountA
    ) = pack_external_size;
    fn MPI_Pack_external_size_c(
        datarep: InString, incount: CountC, datatype: InDatatype, size: OutCountC
    ) = pack_external_size;
    fn MPI_Pack_size(incount: Count, datatype: InDatatype, comm: InComm, size: OutCount) = pack_size;
    fn MPI_Pack_size_c(
        incount: CountC, datatype: InDatatype, comm: InComm, size: OutCountC
    ) = pack_size;
    fn MPI_Unpack(
        inbuf: ConstBuf, insize: Count, position: OutCount, outbuf: Buf, outcount: Count,
        datatype: InDatatype, comm: InComm
    ) = unpack;
    fn MPI_Unpack_c(
        inbuf: ConstBuf, insize: CountC, position: OutCountC, outbuf: Buf, outcount: CountC,
        datatype: InDatatype, comm: InComm
    ) = unpack;
    fn MPI_Unpack_external(
        datarep: InString, inbuf: ConstBuf, insize: SizeA, position: OutCountA, outbuf: Buf,
        outcount: Count, datatype: InDatatype
    ) = unpack_external;
    fn MPI_Unpack_external_c(
        datarep: InString, inbuf: ConstBuf, insize: CountC, position: OutCountC, outbuf: Buf,
        outcount: CountC, datatype: InDatatype
    ) = unpack_external;
}

fn pack(
    _: &Cx,
    inbuf: Memory,
    incount: usize,
    datatype: Ref<Datatype>,
    outbuf: Memory,
    outsize: usize,
    position: NumberPlace,
    _: Ref<Comm>,
) -> Result<()> {
    let from = inbuf.buffer(incount, &datatype)?;
    let into = window(&outbuf, outsize, &position, from.len())?;
    Buffer::copy(&from, &into)?;
    position.set(position.get() + from.len() as i64);
    Ok(())
}

fn unpack(
    _: &Cx,
    inbuf: Memory,
    insize: usize,
    position: NumberPlace,
    outbuf: Memory,
    outcount: usize,
    datatype: Ref<Datatype>,
    _: Ref<Comm>,
) -> Result<()> {
    let into = outbuf.buffer(outcount, &datatype)?;
    let from = window(&inbuf, insize, &position, into.len())?;
    Buffer::copy(&from, &into)?;
    position.set(position.get() + into.len() as i64);
    Ok(())
}

fn pack_size(
    _: &Cx,
    incount: usize,
    datatype: Ref<Datatype>,
    _: Ref<Comm>,
    size: NumberPlace,
) -> Result<()> {
    let bytes = (incount as u64).checked_mul(datatype.size()).map(i64::try_from);
    let Some(Ok(bytes)) = bytes else {
        let message = format!("{incount} items of {} have no size", datatype.describe());
        return Err(Error::new(Class::ValueTooLarge, message));
    };
    size.set(bytes);
    Ok(())
}

/// The next `len` bytes of a buffer of packed data.
fn window(memory: &Memory, size: usize, position: &NumberPlace, len: usize) -> Result<Buffer> {
    let at = usize::try_from(position.get()).ok().filter(|at| *at <= size);
    let Some(at) = at.filter(|at| len <= size - at) else {
        let message = format!(
            "{len} bytes from position {} on do not fit {} of {size} bytes",
            position.get(),
            memory.name()
        );
        return Err(Error::new(Class::Arg, message));
    };
    Ok(memory.buffer(size, Datatype::byte())?.part(at, len))
}

fn pack_external(
    _: &Cx,
    datarep: Text,
    inbuf: Memory,
    incount: usize,
    datatype: Ref<Datatype>,
    outbuf: Memory,
    outsize: usize,
    position: NumberPlace,
) -> Result<()> {
    known(datarep)?;
    let from = inbuf.buffer(incount, &datatype)?;
    let external = external32::encode(datatype.signature(), &from.to_vec());
    window(&outbuf, outsize, &position, external.len())?.unpack(0, &external);
    position.set(position.get() + external.len() as i64);
    Ok(())
}

fn unpack_external(
    _: &Cx,
    datarep: Text,
    inbuf: Memory,
    insize: usize,
    position: NumberPlace,
    outbuf: Memory,
    outcount: usize,
    datatype: Ref<Datatype>,
) -> Result<()> {
    known(datarep)?;
    let into = outbuf.buffer(outcount, &datatype)?;
    let len = outcount.saturating_mul(external32::size(datatype.signature()) as usize);
    let external = window(&inbuf, insize, &position, len)?.to_vec();
    into.unpack(0, &external32::decode(datatype.signature(), &external));
    position.set(position.get() + len as i64);
    Ok(())
}

fn pack_external_size(
    _: &Cx,
    datarep: Text,
    incount: usize,
    datatype: Ref<Datatype>,
    size: NumberPlace,
) -> Result<()> {
    known(datarep)?;
    size.set((incount as u64).saturating_mul(external32::size(datatype.signature())) as i64);
    Ok(())
}

fn known(datarep: Text) -> Result<()> {
    match datarep.read().as_ref() {
        "external32" => Ok(()),
        other => Err(Error::new(
            Class::UnsupportedDatarep,
            format!("datarep is \"{other}\" but only \"external32\" is portable"),
        )),
    }
}
