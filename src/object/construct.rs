//! The datatype constructors of MPI-4.1, section 5.1. Counts are `i64`
//! everywhere; [`Form`] says which signature the application used, for
//! `MPI_Type_get_contents`. Bounds and sizes that overflow are errors.

use std::sync::Arc;

use super::basic::Basic;
use super::contents::{Combiner, Contents, Form};
use super::datatype::{Bounds, Datatype, Parts};
use super::error::{Class, Error, Result};
use super::layout::{Layout, fit_offset};
use super::signature::Signature;

impl Datatype {
    pub fn dup(old: &Arc<Datatype>) -> Arc<Datatype> {
        let contents = Contents::new(Combiner::Dup, Form::Small).types([old]);
        let new = Datatype::derived(Parts {
            layout: old.layout().clone(),
            bounds: old.bounds(),
            alignment: old.alignment(),
            signature: old.signature().clone(),
            contents,
        });
        if old.is_committed() {
            new.commit();
        }
        new
    }

    pub fn contiguous(form: Form, count: i64, old: &Arc<Datatype>) -> Result<Arc<Datatype>> {
        check("count", count, Class::Count)?;
        let contents = Contents::new(Combiner::Contiguous, form).counts(&[count]).types([old]);
        even(contents, count, 1, 0, old)
    }

    pub fn vector(
        form: Form,
        count: i64,
        blocklength: i64,
        stride: i64,
        old: &Arc<Datatype>,
    ) -> Result<Arc<Datatype>> {
        let contents = Contents::new(Combiner::Vector, form)
            .counts(&[count, blocklength, stride])
            .types([old]);
        let bytes = fit_offset(stride as i128 * old.extent() as i128)?;
        even(contents, count, blocklength, bytes, old)
    }

    pub fn hvector(
        form: Form,
        count: i64,
        blocklength: i64,
        stride: i64,
        old: &Arc<Datatype>,
    ) -> Result<Arc<Datatype>> {
        let contents = Contents::new(Combiner::Hvector, form)
            .counts(&[count, blocklength])
            .addresses(&[stride])
            .types([old]);
        even(contents, count, blocklength, stride, old)
    }

    pub fn indexed(
        form: Form,
        blocklengths: &[i64],
        displacements: &[i64],
        old: &Arc<Datatype>,
    ) -> Result<Arc<Datatype>> {
        let contents = Contents::new(Combiner::Indexed, form)
            .counts(&[blocklengths.len() as i64])
            .counts(blocklengths)
            .counts(displacements)
            .types([old]);
        uneven(contents, blocklengths, &scaled(displacements, old)?, old)
    }

    pub fn hindexed(
        form: Form,
        blocklengths: &[i64],
        displacements: &[i64],
        old: &Arc<Datatype>,
    ) -> Result<Arc<Datatype>> {
        let contents = Contents::new(Combiner::Hindexed, form)
            .counts(&[blocklengths.len() as i64])
            .counts(blocklengths)
            .addresses(displacements)
            .types([old]);
        uneven(contents, blocklengths, displacements, old)
    }

    pub fn indexed_block(
        form: Form,
        blocklength: i64,
        displacements: &[i64],
        old: &Arc<Datatype>,
    ) -> Result<Arc<Datatype>> {
        let contents = Contents::new(Combiner::IndexedBlock, form)
            .counts(&[displacements.len() as i64, blocklength])
            .counts(displacements)
            .types([old]);
        let blocklengths = vec![blocklength; displacements.len()];
        uneven(contents, &blocklengths, &scaled(displacements, old)?, old)
    }

    pub fn hindexed_block(
        form: Form,
        blocklength: i64,
        displacements: &[i64],
        old: &Arc<Datatype>,
    ) -> Result<Arc<Datatype>> {
        let contents = Contents::new(Combiner::HindexedBlock, form)
            .counts(&[displacements.len() as i64, blocklength])
            .addresses(displacements)
            .types([old]);
        let blocklengths = vec![blocklength; displacements.len()];
        uneven(contents, &blocklengths, displacements, old)
    }

    /// The one constructor that pads: the extent is a multiple of the largest
    /// alignment, as a C compiler would make it, unless a bound is fixed.
    pub fn structure(
        form: Form,
        blocklengths: &[i64],
        displacements: &[i64],
        types: &[Arc<Datatype>],
    ) -> Result<Arc<Datatype>> {
        let contents = Contents::new(Combiner::Struct, form)
            .counts(&[blocklengths.len() as i64])
            .counts(blocklengths)
            .addresses(displacements)
            .types(types);
        let mut bounds = BoundsOf::default();
        let mut alignment = 1;
        let mut layouts = Vec::with_capacity(types.len());
        let mut signatures = Vec::with_capacity(types.len());
        for ((&blocklength, &displacement), old) in
            blocklengths.iter().zip(displacements).zip(types)
        {
            check("block length", blocklength, Class::Arg)?;
            if blocklength == 0 {
                continue;
            }
            bounds.add(displacement, blocklength, old)?;
            alignment = alignment.max(old.alignment());
            let block = Layout::repeat(blocklength as u64, old.extent(), old.layout())?;
            layouts.push((displacement, block));
            signatures.push(old.signature().repeat(blocklength as u64));
        }
        let mut bounds = bounds.finish();
        if !bounds.sticky_upper {
            let extent = bounds.upper as i128 - bounds.lower as i128;
            let rest = extent.rem_euclid(alignment as i128);
            if rest != 0 {
                bounds.upper = fit_offset(bounds.upper as i128 + alignment as i128 - rest)?;
            }
        }
        let layout = Layout::sequence(layouts)?;
        let signature = Signature::join(signatures);
        Ok(Datatype::derived(Parts { layout, bounds, alignment, signature, contents }))
    }

    pub fn resized(
        form: Form,
        lower: i64,
        extent: i64,
        old: &Arc<Datatype>,
    ) -> Result<Arc<Datatype>> {
        let contents =
            Contents::new(Combiner::Resized, form).addresses(&[lower, extent]).types([old]);
        let upper = fit_offset(lower as i128 + extent as i128)?;
        Ok(Datatype::derived(Parts {
            layout: old.layout().clone(),
            bounds: Bounds { lower, upper, sticky_lower: true, sticky_upper: true },
            alignment: old.alignment(),
            signature: old.signature().clone(),
            contents,
        }))
    }

    /// A predefined type chosen by precision or range
    /// (`MPI_Type_create_f90_real` and its like).
    pub fn f90(combiner: Combiner, basic: Basic, arguments: &[i64]) -> Arc<Datatype> {
        let old = Datatype::predefined(basic);
        let contents = Contents::new(combiner, Form::Small).integers(arguments);
        Datatype::alias(basic, old, contents)
    }
}

/// Blocks of `blocklength` items, `stride` bytes apart.
fn even(
    contents: Contents,
    count: i64,
    blocklength: i64,
    stride: i64,
    old: &Arc<Datatype>,
) -> Result<Arc<Datatype>> {
    check("count", count, Class::Count)?;
    check("block length", blocklength, Class::Arg)?;
    // A contiguous type is one block of many, not many blocks of one.
    let (count, blocklength) = if contents.combiner == Combiner::Contiguous {
        (1.min(count), count)
    } else {
        (count, blocklength)
    };
    let mut bounds = BoundsOf::default();
    if count > 0 && blocklength > 0 {
        bounds.add(0, blocklength, old)?;
        bounds.add(fit_offset((count as i128 - 1) * stride as i128)?, blocklength, old)?;
    }
    let block = Layout::repeat(blocklength as u64, old.extent(), old.layout())?;
    let layout = Layout::repeat(count as u64, stride, &block)?;
    Ok(Datatype::derived(Parts {
        layout,
        bounds: bounds.finish(),
        alignment: old.alignment(),
        signature: old.signature().repeat(blocklength as u64).repeat(count as u64),
        contents,
    }))
}

/// One block at each displacement (in bytes).
fn uneven(
    contents: Contents,
    blocklengths: &[i64],
    displacements: &[i64],
    old: &Arc<Datatype>,
) -> Result<Arc<Datatype>> {
    let mut bounds = BoundsOf::default();
    let mut items: u64 = 0;
    let mut layouts = Vec::with_capacity(blocklengths.len());
    let mut last: Option<(i64, Layout)> = None;
    for (&blocklength, &displacement) in blocklengths.iter().zip(displacements) {
        check("block length", blocklength, Class::Arg)?;
        if blocklength == 0 {
            continue;
        }
        bounds.add(displacement, blocklength, old)?;
        let block = match last.take() {
            Some((len, block)) if len == blocklength => block,
            _ => Layout::repeat(blocklength as u64, old.extent(), old.layout())?,
        };
        layouts.push((displacement, block.clone()));
        last = Some((blocklength, block));
        items = items.saturating_add(blocklength as u64);
    }
    let layout = Layout::sequence(layouts)?;
    Ok(Datatype::derived(Parts {
        layout,
        bounds: bounds.finish(),
        alignment: old.alignment(),
        signature: old.signature().repeat(items),
        contents,
    }))
}

/// Collects the bounds of blocks. Fixed bounds win over computed ones
/// (MPI-4.1, section 5.1.6: if any entry has a marker, only markers count).
#[derive(Default)]
struct BoundsOf {
    lower: Option<(bool, i64)>,
    upper: Option<(bool, i64)>,
}

impl BoundsOf {
    fn add(&mut self, displacement: i64, blocklength: i64, old: &Datatype) -> Result<()> {
        let reach = (blocklength as i128 - 1) * old.extent() as i128;
        let Bounds { lower, upper, sticky_lower, sticky_upper } = old.bounds();
        // The other bound of a bare marker is where it stands, and does not count.
        if old.basic() != Some(Basic::UpperBound) {
            let low = fit_offset(displacement as i128 + lower as i128 + reach.min(0))?;
            self.lower = Some(match self.lower {
                Some((fixed, _)) if sticky_lower && !fixed => (true, low),
                Some((true, known)) if !sticky_lower => (true, known),
                Some((fixed, known)) => (fixed, known.min(low)),
                None => (sticky_lower, low),
            });
        }
        if old.basic() != Some(Basic::LowerBound) {
            let high = fit_offset(displacement as i128 + upper as i128 + reach.max(0))?;
            self.upper = Some(match self.upper {
                Some((fixed, _)) if sticky_upper && !fixed => (true, high),
                Some((true, known)) if !sticky_upper => (true, known),
                Some((fixed, known)) => (fixed, known.max(high)),
                None => (sticky_upper, high),
            });
        }
        Ok(())
    }

    fn finish(self) -> Bounds {
        // A bound without entries is 0, also beside a bare marker of the other.
        let (sticky_lower, lower) = self.lower.unwrap_or_default();
        let (sticky_upper, upper) = self.upper.unwrap_or_default();
        Bounds { lower, upper, sticky_lower, sticky_upper }
    }
}

fn scaled(displacements: &[i64], old: &Datatype) -> Result<Vec<i64>> {
    let extent = old.extent() as i128;
    displacements.iter().map(|&at| fit_offset(at as i128 * extent)).collect()
}

fn check(what: &str, value: i64, class: Class) -> Result<()> {
    if value < 0 {
        return Err(Error::new(class, format!("{what} {value} is negative")));
    }
    Ok(())
}
