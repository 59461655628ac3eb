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
use crate::sys::module::{Failed, Module, State};

/// The states of one direction of a context.
pub(super) struct Chain {
    /// In the order in which they work.
    states: Vec<State>,
    input: Zeroizing<Vec<u8>>,
    output: Zeroizing<Vec<u8>>,
}

/// Which module failed, and with which code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub module: String,
    pub code: i32,
}

impl Chain {
    /// New states, or none where there is nothing to do.
    pub fn open(modules: &[Arc<Module>], sends: bool) -> Result<Option<Box<Chain>>, Fault> {
        let made = modules.iter().map(|module| {
            let fault = |Failed { code }| Fault { module: module.name.clone(), code };
            module.open(sends).map_err(fault)
        });
        let mut states = made.collect::<Result<Vec<_>, _>>()?;
        if !sends {
            states.reverse();
        }
        Ok((!states.is_empty()).then(|| Chain::of(states)))
    }

    /// States for a context that is a duplicate of this one's.
    pub fn copy(&self) -> Result<Box<Chain>, Fault> {
        let copied = self.states.iter().map(|state| {
            let fault = |Failed { code }| Fault { module: state.module().name.clone(), code };
            state.copy().map_err(fault)
        });
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
    pub fn run(&mut self, mut len: usize) -> Result<&mut [u8], Fault> {
        for state in &mut self.states {
            let done = state.transform(&self.input[..len], &mut self.output);
            let fault = |Failed { code }| Fault { module: state.module().name.clone(), code };
            len = done.map_err(fault)?;
            std::mem::swap(&mut self.input, &mut self.output);
        }
        Ok(&mut self.input[..len])
    }
}
