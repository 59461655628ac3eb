//! Prints `docs/coverage.md`, the list of all functions and whether they are
//! implemented, from the rows.

use std::fmt::Write;

use super::Function;
use super::function::Class;

/// The text of `docs/coverage.md`.
pub fn matrix(chapters: &[&[Function]]) -> String {
    let functions = || chapters.iter().flat_map(|chapter| chapter.iter());
    let mut text = String::from(
        "# Coverage\n\n\
         Every function the library exports, under `MPI_` and `PMPI_` names alike. A\n\
         function that is not implemented reports itself by name through the error\n\
         handler (`MPI_ERR_UNSUPPORTED_OPERATION`).\n\n\
         Printed from the rows in `src/mpi` by `UPDATE=1 cargo test --test abi_rows`.\n\n\
         | class | implemented | of |\n| --- | ---: | ---: |\n",
    );
    for (class, name) in [
        (Class::Standard, "standard"),
        (Class::LargeCount, "large counts (`_c`)"),
        (Class::Tool, "tools interface (`MPI_T_`)"),
        (Class::Removed, "removed in MPI-3.0"),
        (Class::Extension, "extensions (`MPIX_`)"),
    ] {
        let of = functions().filter(|f| f.class() == class).count();
        let done = functions().filter(|f| f.class() == class && f.implemented()).count();
        let _ = writeln!(text, "| {name} | {done} | {of} |");
    }
    let (done, of) = (functions().filter(|f| f.implemented()).count(), functions().count());
    let _ = writeln!(text, "| **all** | **{done}** | **{of}** |");
    for chapter in chapters {
        let Some(first) = chapter.first() else {
            continue;
        };
        let done = chapter.iter().filter(|f| f.implemented()).count();
        let _ = writeln!(text, "\n## {} ({done} of {})\n", first.chapter, chapter.len());
        let _ = writeln!(text, "| function | |\n| --- | --- |");
        for function in *chapter {
            let mark = if function.implemented() { "yes" } else { "-" };
            let _ = writeln!(text, "| `{}` | {mark} |", function.name);
        }
    }
    text
}
