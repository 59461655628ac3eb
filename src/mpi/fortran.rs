//! The names of all functions in Fortran, made by `build.rs` from the rows of
//! this folder: labels on a few instructions that lead, with the row, to
//! `abi::fortran`. Nothing is declared here a second time.

include!(concat!(env!("OUT_DIR"), "/fortran_names.rs"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_were_made_from_the_rows_the_compiler_saw() {
        let mut count = 0;
        for (rows, names) in CHAPTERS {
            let rows: Vec<&str> = rows.iter().map(|row| row.name).collect();
            assert_eq!(rows, *names);
            count += rows.len();
        }
        assert_eq!(count, super::super::functions().count());
    }
}
