//! Our prototypes and constants against the vendors' `mpi.h`, by the compiler.

mod abi_support;

use std::path::Path;
use std::process::Command;

use abi_support::{Vendor, assert_fresh, compile, repository, run, vendors};
use mpisecure::abi::fortran::print;
use mpisecure::abi::{Abi, Function, constant, header};
use mpisecure::mpi;

fn functions() -> Vec<&'static Function> {
    mpi::functions().collect()
}

/// True when `name` stands in `text` as a word of its own.
fn mentions(text: &str, name: &str) -> bool {
    let word = |byte: Option<u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_');
    text.match_indices(name).any(|(at, _)| {
        let before = at.checked_sub(1).map(|i| text.as_bytes()[i]);
        !word(before) && !word(text.as_bytes().get(at + name.len()).copied())
    })
}

/// All text a program sees of a vendor's header.
fn header_text(include: &Path) -> String {
    ["mpi.h", "mpio.h", "mpi_proto.h"]
        .iter()
        .filter_map(|name| std::fs::read_to_string(include.join(name)).ok())
        .collect()
}

#[test]
fn committed_header_is_what_the_tables_print() {
    assert_fresh("include/mpi.h", &header::standard(&functions()));
}

#[test]
fn committed_fortran_interfaces_are_what_the_tables_print() {
    assert_fresh("include/mpif.h", &print::mpif());
    assert_fresh("include/mpi.f90", &print::mpi(&functions()));
    assert_fresh("include/mpi_f08.f90", &print::f08(&functions()));
}

#[test]
fn committed_extension_header_is_what_cbindgen_prints() {
    let printed = include_str!(concat!(env!("OUT_DIR"), "/mpi_secure.h"));
    assert_fresh("include/mpi_secure.h", printed);
}

#[test]
fn the_extension_header_declares_what_the_rows_export() {
    let rows: Vec<_> = functions().into_iter().filter(|f| f.chapter == "secure").collect();
    let declared = include_str!(concat!(env!("OUT_DIR"), "/mpi_secure.h"));
    assert!(rows.len() >= 4 && rows.iter().all(|row| mentions(declared, row.name)));
    let source = format!("#include <mpi_secure.h>\n{}", header::prototypes(&rows, |_: &str| true));
    let scratch = tempfile::tempdir().unwrap();
    let include = repository().join("include");
    let compiled = compile(&source, &include, &["-c"], &scratch.path().join("extension.o"));
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
}

/// The compiler refuses a second, different declaration of a function.
#[test]
fn prototypes_agree_with_the_vendors_headers() {
    let scratch = tempfile::tempdir().unwrap();
    for Vendor { abi, include, .. } in vendors() {
        let text = header_text(&include);
        // MPICH's handle conversions are macros, which hide the functions.
        let known = |name: &str| {
            // MPICH 4.0 forgot a `const` here, which costs a caller nothing.
            let differs = abi == Abi::Mpich && name == "MPI_Pready_list";
            mentions(&text, name) && !text.contains(&format!("#define {name}(")) && !differs
        };
        let source = format!("#include <mpi.h>\n{}", header::prototypes(&functions(), known));
        let count = source.lines().count();
        assert!(count > 800, "{}: only {count} prototypes", abi.name());
        let output = scratch.path().join("prototypes.o");
        let compiled = compile(&source, &include, &["-c"], &output);
        let errors = String::from_utf8_lossy(&compiled.stderr);
        assert!(compiled.status.success(), "{}:\n{errors}", abi.name());
    }
}

/// A program compiled against the header prints the constants it has.
fn printed(include: &Path, abi: Abi) -> Vec<(String, i64)> {
    let text = header_text(include);
    // Debian's Open MPI is built without these three of MPI-1.
    let removed = ["HVECTOR_INTEGER", "HINDEXED_INTEGER", "STRUCT_INTEGER"];
    let hidden = |name: &str| abi == Abi::OpenMpi && removed.iter().any(|r| name.ends_with(r));
    let known: Vec<_> = constant::all()
        .into_iter()
        .filter(|c| c.value(abi).is_some() && mentions(&text, c.name) && !hidden(c.name))
        .collect();
    let mut source = String::from("#include <mpi.h>\n#include <stdio.h>\nint main(void) {\n");
    for constant in &known {
        let name = constant.name;
        // Through `long`, as handles are pointers in some ABIs; MPICH's int
        // handles are compared as 32 bits.
        let cast = if constant.handle.is_some() && abi == Abi::Mpich && name != "MPI_FILE_NULL" {
            "(long)(unsigned)"
        } else {
            "(long)"
        };
        source += &format!("printf(\"{name} %ld\\n\", {cast}({name}));\n");
    }
    source += "return 0; }\n";
    let scratch = tempfile::tempdir().unwrap();
    let program = scratch.path().join("constants");
    let undefined = "-Wl,--unresolved-symbols=ignore-all";
    let compiled = compile(&source, include, &[undefined], &program);
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    run(&mut Command::new(&program))
        .lines()
        .map(|line| {
            let (name, value) = line.split_once(' ').unwrap();
            (name.to_string(), value.parse().unwrap())
        })
        .collect()
}

#[test]
fn constants_are_those_of_the_headers() {
    let mut headers = vec![(Abi::Standard, repository().join("include"))];
    headers.extend(vendors().into_iter().map(|v| (v.abi, v.include)));
    let ours = constant::all();
    for (abi, include) in headers {
        let printed = printed(&include, abi);
        assert!(printed.len() > 150, "{}: only {} constants", abi.name(), printed.len());
        for (name, theirs) in printed {
            // MPICH 5 gave the first a new number, and has the second, which
            // MPICH 4.0 spells MPI_DATATYPE_NULL.
            if ["MPIX_COMM_TYPE_NEIGHBORHOOD", "MPI_INTEGER16"].contains(&name.as_str()) {
                continue;
            }
            let ours = ours.iter().find(|c| c.name == name).unwrap().value(abi);
            assert_eq!(ours, Some(theirs), "{name} in {}", abi.name());
        }
    }
}

#[test]
fn our_header_compiles_as_c_and_cplusplus_without_a_warning() {
    let scratch = tempfile::tempdir().unwrap();
    for (compiler, file) in [("gcc", "main.c"), ("g++", "main.cc")] {
        let source = scratch.path().join(file);
        std::fs::write(
            &source,
            "#include <mpi.h>\n#include <mpi_secure.h>\nint main(void) { return MPI_SUCCESS; }\n",
        )
        .unwrap();
        let output = Command::new(compiler)
            .args(["-Wall", "-Wextra", "-Werror", "-pedantic", "-c", "-o", "/dev/null", "-I"])
            .arg(repository().join("include"))
            .arg(&source)
            .output();
        // A C++ compiler is not part of the requirements.
        let Ok(output) = output else { continue };
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{compiler}:\n{errors}");
    }
}
