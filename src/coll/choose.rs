//! Which algorithm carries out a collective: one table of names and one
//! function per collective. A choice depends only on what every rank knows
//! alike (bytes, ranks, whether the operation commutes), never on an address
//! or a local datatype, since all ranks have to choose the same.

use crate::object::{Class, Error, Result};

macro_rules! algorithms {
    ($($(#[$doc:meta])* $field:ident: $name:ident { $($variant:ident = $text:literal),* $(,)? })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub enum $name { $($variant),* }

            impl $name {
                pub const ALL: &'static [$name] = &[$($name::$variant),*];

                fn named(name: &str) -> Option<$name> {
                    match name { $($text => Some($name::$variant),)* _ => None }
                }
            }
        )*

        /// Algorithms forced by name; the table decides where none is.
        #[derive(Clone, Debug, Default)]
        pub struct Settings {
            $(pub $field: Option<$name>,)*
        }

        impl Settings {
            pub const DEFAULT: Settings = Settings { $($field: None),* };

            /// Forces one algorithm, both named as in this file.
            pub fn force(&mut self, collective: &str, algorithm: &str) -> Result<()> {
                let known = match collective {
                    $(stringify!($field) => {
                        self.$field = $name::named(algorithm);
                        self.$field.is_some()
                    })*
                    _ => false,
                };
                if known {
                    return Ok(());
                }
                Err(Error::new(
                    Class::Arg,
                    format!("there is no algorithm {algorithm} for collective {collective}"),
                ))
            }
        }
    };
}

algorithms! {
    bcast: Bcast { Binomial = "binomial", ScatterRing = "scatter_ring", Chain = "chain" }
    reduce: Reduce { Binomial = "binomial", HalvingGather = "halving_gather" }
    allreduce: Allreduce {
        Doubling = "doubling",
        HalvingDoubling = "halving_doubling",
        Ring = "ring",
        ReduceBcast = "reduce_bcast",
    }
    gather: Gather { Binomial = "binomial", Linear = "linear" }
    scatter: Scatter { Binomial = "binomial", Linear = "linear" }
    allgather: Allgather { Doubling = "doubling", Bruck = "bruck", Ring = "ring" }
    allgatherv: Allgatherv { Bruck = "bruck", Ring = "ring" }
    alltoall: Alltoall { Bruck = "bruck", Pairwise = "pairwise", Window = "window" }
    reduce_scatter: ReduceScatter {
        Halving = "halving",
        Pairwise = "pairwise",
        Ordered = "ordered",
    }
}

/// What all ranks know of a collective.
#[derive(Clone, Copy)]
pub struct Shape {
    pub ranks: usize,
    /// Bytes of one contribution: the message of a broadcast or reduction,
    /// one block of a gather, scatter, allgather or alltoall.
    pub bytes: usize,
    /// Elements of a reduction.
    pub elements: usize,
    pub commutes: bool,
}

/// Up to here rounds cost more than bytes: the usual bounds of the literature
/// (Thakur, Rabenseifner, Gropp 2005), to be measured again on sealed links.
const SHORT_BYTES_MAX: usize = 8 << 10;
const GATHER_SHORT_BYTES_MAX: usize = 2 << 10;
const ALLGATHER_SHORT_TOTAL_MAX: usize = 64 << 10;
const ALLTOALL_SHORT_BYTES_MAX: usize = 256;
const BCAST_SHORT_BYTES_MAX: usize = 32 << 10;
const BCAST_CHAIN_BYTES_MIN: usize = 4 << 20;

/// Piece of a chain broadcast: one packet of the channel.
pub(super) const CHAIN_SEGMENT: usize = 64 << 10;
/// Partners an alltoall serves at a time.
pub(super) const ALLTOALL_WINDOW: usize = 16;

impl Settings {
    pub(super) fn bcast(&self, shape: Shape) -> Bcast {
        self.bcast.unwrap_or(match shape {
            Shape { ranks: ..=2, .. } | Shape { bytes: ..=BCAST_SHORT_BYTES_MAX, .. } => {
                Bcast::Binomial
            }
            Shape { ranks: ..=8, bytes: BCAST_CHAIN_BYTES_MIN.., .. } => Bcast::Chain,
            _ => Bcast::ScatterRing,
        })
    }

    pub(super) fn reduce(&self, shape: Shape) -> Reduce {
        match shape {
            Shape { commutes: false, .. } => Reduce::Binomial,
            _ if self.reduce.is_some() => self.reduce.expect("looked at above"),
            Shape { bytes: ..=SHORT_BYTES_MAX, .. } | Shape { ranks: ..=2, .. } => Reduce::Binomial,
            Shape { ranks, elements, .. } if elements < ranks => Reduce::Binomial,
            _ => Reduce::HalvingGather,
        }
    }

    pub(super) fn allreduce(&self, shape: Shape) -> Allreduce {
        let forced = self.allreduce.filter(|algorithm| {
            shape.commutes || matches!(algorithm, Allreduce::Doubling | Allreduce::ReduceBcast)
        });
        forced.unwrap_or(match shape {
            Shape { commutes: false, bytes, .. } if bytes > SHORT_BYTES_MAX => {
                Allreduce::ReduceBcast
            }
            Shape { commutes: false, .. } | Shape { bytes: ..=SHORT_BYTES_MAX, .. } => {
                Allreduce::Doubling
            }
            Shape { ranks, elements, .. } if elements < ranks => Allreduce::Doubling,
            Shape { ranks, .. } if ranks.is_power_of_two() => Allreduce::HalvingDoubling,
            _ => Allreduce::Ring,
        })
    }

    pub(super) fn gather(&self, shape: Shape) -> Gather {
        self.gather.unwrap_or(match shape.bytes {
            ..=GATHER_SHORT_BYTES_MAX if shape.ranks > 2 => Gather::Binomial,
            _ => Gather::Linear,
        })
    }

    pub(super) fn scatter(&self, shape: Shape) -> Scatter {
        self.scatter.unwrap_or(match shape.bytes {
            ..=GATHER_SHORT_BYTES_MAX if shape.ranks > 2 => Scatter::Binomial,
            _ => Scatter::Linear,
        })
    }

    pub(super) fn allgather(&self, shape: Shape) -> Allgather {
        let power = shape.ranks.is_power_of_two();
        let forced = self.allgather.filter(|algorithm| power || *algorithm != Allgather::Doubling);
        forced.unwrap_or(match shape.bytes.saturating_mul(shape.ranks) {
            ..=ALLGATHER_SHORT_TOTAL_MAX if power => Allgather::Doubling,
            ..=ALLGATHER_SHORT_TOTAL_MAX => Allgather::Bruck,
            _ => Allgather::Ring,
        })
    }

    /// `total`: the bytes of all blocks together.
    pub(super) fn allgatherv(&self, total: usize) -> Allgatherv {
        self.allgatherv.unwrap_or(match total {
            ..=ALLGATHER_SHORT_TOTAL_MAX => Allgatherv::Bruck,
            _ => Allgatherv::Ring,
        })
    }

    pub(super) fn alltoall(&self, shape: Shape) -> Alltoall {
        self.alltoall.unwrap_or(match shape {
            Shape { bytes: ..=ALLTOALL_SHORT_BYTES_MAX, ranks: 8.., .. } => Alltoall::Bruck,
            _ => Alltoall::Window,
        })
    }

    /// `shape.bytes` and `shape.elements` of the whole vector.
    pub(super) fn reduce_scatter(&self, shape: Shape) -> ReduceScatter {
        match shape {
            Shape { commutes: false, .. } => ReduceScatter::Ordered,
            _ if self.reduce_scatter.is_some() => self.reduce_scatter.expect("looked at above"),
            Shape { bytes: ..=ALLGATHER_SHORT_TOTAL_MAX, .. } => ReduceScatter::Halving,
            _ => ReduceScatter::Pairwise,
        }
    }
}
