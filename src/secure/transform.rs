//! The transform modules of a security context, one behind the other: what the
//! program's packets go through before they are sealed, and after they were
//! opened, in reverse. Composition is the policy's: compression, then a cipher
//! of the site's own, then the suite.
//!
//! A frame's content is transformed as a whole. Modules see authentic content
//! only, as far as the suite checks it.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::frame::PLAIN_MAX;
use super::record::RecordError;
use crate::sys::module::{Failed, Module, State};

/// The states of one direction of a context.
pub(super) struct Chain {
    /// In the order in which they work.
    states: Vec<State>,
    input: Zeroizing<Vec<u8>>,
    output: Zeroizing<Vec<u8>>,
}

fn fault(module: &Module, Failed { code }: Failed) -> RecordError {
    RecordError::Module { name: module.name, code }
}

impl Chain {
    /// New states, or none where there is nothing to do.
    pub fn open(modules: &[Arc<Module>], sends: bool) -> Result<Option<Box<Chain>>, RecordError> {
        let made =
            modules.iter().map(|module| module.open(sends).map_err(|failed| fault(module, failed)));
        let mut states = made.collect::<Result<Vec<_>, _>>()?;
        if !sends {
            states.reverse();
        }
        Ok((!states.is_empty()).then(|| Chain::of(states)))
    }

    /// States for a context that is a duplicate of this one's.
    pub fn copy(&self) -> Result<Box<Chain>, RecordError> {
        let copied = self
            .states
            .iter()
            .map(|state| state.copy().map_err(|failed| fault(state.module(), failed)));
        Ok(Chain::of(copied.collect::<Result<_, _>>()?))
    }

    fn of(states: Vec<State>) -> Box<Chain> {
        let room = || Zeroizing::new(vec![0; PLAIN_MAX]);
        Box::new(Chain { states, input: room(), output: room() })
    }

    /// Where content of this length goes before [`Chain::run`].
    pub fn input(&mut self, len: usize) -> &mut [u8] {
        &mut self.input[..len]
    }

    /// Runs `len` bytes of the input through all modules.
    pub fn run(&mut self, mut len: usize) -> Result<&mut [u8], RecordError> {
        for state in &mut self.states {
            let done = state.transform(&self.input[..len], &mut self.output);
            len = done.map_err(|failed| fault(state.module(), failed))?;
            std::mem::swap(&mut self.input, &mut self.output);
        }
        Ok(&mut self.input[..len])
    }
}
