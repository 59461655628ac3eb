//! Sections with gaps that an operation which goes on works with in several
//! parts: a copy without gaps stands in for each as long as the operation runs.
//! Of what is received only elements that changed go back, so that the program
//! may use those that no part covers.

use super::section::Section;

/// The copies that one operation works with.
#[derive(Default)]
pub struct Copies(Vec<Copy>);

struct Copy {
    section: Section,
    bytes: Vec<u8>,
    /// What was copied, where the operation may write.
    before: Option<Vec<u8>>,
}

impl Copies {
    /// Adds a copy; the result is its address, which stays the same.
    pub fn add(&mut self, section: Section, is_written: bool) -> usize {
        let mut bytes = section.gather();
        let at = bytes.as_mut_ptr() as usize;
        let before = is_written.then(|| bytes.clone());
        self.0.push(Copy { section, bytes, before });
        at
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Copies again: a persistent operation starts once more.
    pub fn renew(&mut self) {
        for copy in &mut self.0 {
            copy.section.gather_into(&mut copy.bytes);
            if let Some(before) = &mut copy.before {
                before.copy_from_slice(&copy.bytes);
            }
        }
    }

    /// The operation has ended.
    pub fn give_back(&self) {
        for copy in &self.0 {
            if let Some(before) = &copy.before {
                copy.section.scatter_changed(&copy.bytes, before);
            }
        }
    }
}
