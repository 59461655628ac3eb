//! The record layer: seals plaintext into frames and opens them again.
//!
//! What must hold, and what each violation is called, is in [`RecordError`].
//! Three ideas carry it:
//!
//! - **One number per frame and direction**, over all contexts, counted by
//!   both sides and never sent. It makes the nonce and stands in the
//!   additional data, so a frame opens only at its own place in the stream:
//!   dropping, repeating, reordering and splicing all look like forgery.
//! - **Epochs**: a key is left behind before it has sealed more than the
//!   policy's limit. The sender just goes on under the next key; the epoch in
//!   the header tells the receiver. The number runs on, so frames cannot be
//!   cut off at the end of an epoch either.
//! - **Contexts**: several sets of keys on one link, each made after a profile
//!   of the policy's table. The sender announces a new one in context 0 and uses
//!   it with the next frame. Words of the channel and the end of the link are
//!   at home in context 0 and are refused in any other, which may be weaker.
//!
//! The end of a link is a sealed frame too; a connection that ends without it
//! was cut.

use super::frame::{
    FRAME_MAX, HEADER_LEN, Header, HeaderError, Kind, OVERHEAD_MAX, PLAIN_MAX, VERSION,
};
use super::keys::{ContextSecrets, Direction, EpochKeys, Secret, wipe_stack};
use super::outbox::Outbox;
use super::padding::Padding;
use super::profile::{ProfileId, Profiles};
use super::protection::Protection;
use super::signature::{FrameKey, Signer, Verifier};
use super::suite::{Cipher, NONCE_LEN, Suite};
use super::transform::Chain;
use crate::sys::locked::Locked;
use std::sync::Arc;

/// Contexts that one direction of a link can have in its life.
pub const CONTEXTS_MAX: usize = 4096;

/// Bytes sealed under one key, at most: the policy may only go below.
pub const REKEY_BYTES_MAX: u64 = 4 << 30;

/// Frames sealed under one key, at most: the policy may only go below.
pub const REKEY_FRAMES_MAX: u64 = 1 << 24;

/// A security context of one direction of a link. Number 0 exists from the
/// handshake on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContextId(pub u16);

/// What the channel says with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameKind {
    /// Packets.
    Data,
    /// Words between the two channels.
    Control,
}

impl FrameKind {
    fn kind(self) -> Kind {
        match self {
            FrameKind::Data => Kind::Data,
            FrameKind::Control => Kind::Control,
        }
    }
}

/// When a key has done enough. Both sides have the same limits (they are in
/// the policy digest), and the receiver holds the sender to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RekeyLimits {
    /// Bytes of bodies sealed under one key.
    pub bytes: u64,
    /// Frames sealed under one key.
    pub frames: u64,
}

impl RekeyLimits {
    pub const MAX: RekeyLimits = RekeyLimits { bytes: REKEY_BYTES_MAX, frames: REKEY_FRAMES_MAX };

    /// What the suite's keys may do: less, if its blocks are small.
    fn for_suite(self, suite: &dyn Suite) -> RekeyLimits {
        RekeyLimits { bytes: self.bytes.min(suite.wear_bytes_max()), ..self }
    }
}

/// What both ends of a link hold each other to.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Of context 0; signature and padding are those of all contexts.
    pub protection: Protection,
    pub limits: RekeyLimits,
    /// What further contexts may be made of.
    pub profiles: Arc<Profiles>,
}

impl Terms {
    pub fn new(protection: Protection, limits: RekeyLimits) -> Terms {
        Terms { protection, limits, profiles: Arc::new(Profiles::of_link(protection)) }
    }
}

/// What passed in one direction, for the job's report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub frames: u64,
    /// Plaintext bytes.
    pub bytes: u64,
    /// Changes of key, over all contexts.
    pub rekeys: u64,
    pub contexts: u32,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.frames += other.frames;
        self.bytes += other.bytes;
        self.rekeys += other.rekeys;
        self.contexts += other.contexts;
    }
}

/// Why a received frame ends the link. None of these is ever survived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    #[error("it speaks version {0} of the protocol, this side version {VERSION}")]
    Version(u8),
    #[error("a message of the unknown or misplaced kind {0:#04x}")]
    Kind(u8),
    #[error("a frame of {0} bytes, beyond the limit of {FRAME_MAX}")]
    TooLong(u64),
    #[error("a frame of {0} bytes, shorter than its own overhead")]
    TooShort(usize),
    #[error("a frame for security context {0}, which nobody announced")]
    UnknownContext(u16),
    #[error("a frame that says it is sealed in another way than its security context is")]
    Suite,
    #[error("a frame of epoch {found} while epoch {expected} is in use")]
    Epoch { expected: u32, found: u32 },
    #[error("more data under one key than the policy allows")]
    WornKey,
    #[error("a frame failed authentication: altered, repeated, dropped, reordered or foreign")]
    Forged,
    #[error("an authentic frame whose content makes no sense")]
    Malformed,
    #[error("a security context that the policy does not admit")]
    RefusedContext,
    #[error("the transform module {name} gave up with code {code}")]
    Module { name: &'static str, code: i32 },
    #[error("a frame after the end of the link")]
    AfterClose,
    #[error("the connection ended without an authenticated close: cut, or the peer died")]
    Truncated,
}

impl From<HeaderError> for RecordError {
    fn from(error: HeaderError) -> RecordError {
        match error {
            HeaderError::Version(found) => RecordError::Version(found),
            HeaderError::Kind(found) => RecordError::Kind(found),
        }
    }
}

/// Keys and wear of one context, in one direction.
struct Context {
    profile: ProfileId,
    suite: &'static dyn Suite,
    secret: Secret,
    cipher: Locked<dyn Cipher>,
    iv: Locked<[u8; NONCE_LEN]>,
    limits: RekeyLimits,
    /// As the header of its frames says how they are sealed.
    mark: u8,
    epoch: u32,
    /// Under the key in use.
    frames: u64,
    bytes: u64,
    /// Under earlier keys, and the plaintext under all.
    former_frames: u64,
    plain_bytes: u64,
    /// What content goes through, where the profile has modules.
    chain: Option<Box<Chain>>,
}

impl Context {
    /// The first context of a link.
    fn first(secret: Secret, terms: &Terms) -> Context {
        Context::new(ProfileId::LINK, terms.protection.suite, secret, terms)
    }

    fn new(
        profile: ProfileId,
        suite: &'static dyn Suite,
        secret: Secret,
        terms: &Terms,
    ) -> Context {
        let limits = terms.limits.for_suite(suite);
        Context::keyed(profile, suite, secret, limits, terms.protection.mark(suite))
    }

    fn keyed(
        profile: ProfileId,
        suite: &'static dyn Suite,
        secret: Secret,
        limits: RekeyLimits,
        mark: u8,
    ) -> Context {
        let keys = EpochKeys::new(&secret, suite);
        let cipher = suite.cipher(&keys.key[..suite.key_len()]);
        wipe_stack();
        Context {
            profile,
            suite,
            secret,
            cipher,
            iv: keys.iv,
            limits,
            mark,
            epoch: 0,
            frames: 0,
            bytes: 0,
            former_frames: 0,
            plain_bytes: 0,
            chain: None,
        }
    }

    /// The state of the profile's modules: a copy of the origin's, where there is
    /// one.
    fn chain(
        terms: &Terms,
        profile: ProfileId,
        origin: Option<&Context>,
        sends: bool,
    ) -> Result<Option<Box<Chain>>, RecordError> {
        let modules = terms.profiles.get(profile).map_or(&[][..], |found| &found.modules);
        match origin.and_then(|origin| origin.chain.as_ref()) {
            Some(chain) => chain.copy().map(Some),
            None => Chain::open(modules, sends),
        }
    }

    fn tally(&self) -> Tally {
        Tally {
            frames: self.former_frames + self.frames,
            bytes: self.plain_bytes,
            rekeys: u64::from(self.epoch),
            contexts: 1,
        }
    }

    /// A child of the program's that calls MPI has links and no keys: with
    /// zeros for a key, what it sealed would be for everybody to read.
    #[inline]
    fn assert_alive(&self) {
        let alive = self.cipher.is_alive();
        assert!(alive, "MPI was called in the child of a fork, where a link's keys are gone");
    }

    /// Would a body of this length wear the key beyond its limit? The first
    /// frame of an epoch always goes, however small the limit.
    fn is_worn(&self, body_len: usize) -> bool {
        self.frames > 0
            && (self.frames >= self.limits.frames
                || self.bytes + body_len as u64 > self.limits.bytes)
    }

    /// The context as the next epoch has it.
    fn next_epoch(&self) -> Context {
        let secret = self.secret.expand(b"next", &[]);
        let mut next = Context::keyed(self.profile, self.suite, secret, self.limits, self.mark);
        next.epoch = self.epoch + 1;
        next.former_frames = self.former_frames + self.frames;
        next.plain_bytes = self.plain_bytes;
        next
    }

    fn count(&mut self, body_len: usize) {
        self.frames += 1;
        self.bytes += body_len as u64;
    }

    fn nonce(&self, number: u64) -> [u8; NONCE_LEN] {
        let mut nonce = *self.iv;
        for (byte, count) in nonce[NONCE_LEN - 8..].iter_mut().zip(number.to_be_bytes()) {
            *byte ^= count;
        }
        nonce
    }
}

/// Header and number: all that is authenticated beside the body.
fn additional_data(header: &[u8; HEADER_LEN], number: u64) -> [u8; HEADER_LEN + 8] {
    let mut data = [0; HEADER_LEN + 8];
    data[..HEADER_LEN].copy_from_slice(header);
    data[HEADER_LEN..].copy_from_slice(&number.to_be_bytes());
    data
}

/// What passed in all of these, and in those of one profile together.
fn total(contexts: &[Context]) -> Tally {
    let mut total = Tally::default();
    contexts.iter().for_each(|context| total += context.tally());
    total
}

fn by_profile(contexts: &[Context]) -> Vec<(ProfileId, Tally)> {
    let mut tallies: Vec<(ProfileId, Tally)> = Vec::new();
    for context in contexts {
        match tallies.iter_mut().find(|(profile, _)| *profile == context.profile) {
            Some((_, tally)) => *tally += context.tally(),
            None => tallies.push((context.profile, context.tally())),
        }
    }
    tallies
}

/// Seals the frames of one direction.
pub struct Sealer {
    contexts: Vec<Context>,
    secrets: ContextSecrets,
    terms: Terms,
    signer: Option<Signer>,
    number: u64,
    closed: bool,
    /// A module gave up: what it was to transform was not sealed.
    fault: Option<RecordError>,
}

impl Sealer {
    /// `key` is the private key for the signatures of the terms; `None` when it
    /// is missing.
    pub(super) fn new(
        link: &Secret,
        direction: Direction,
        terms: &Terms,
        key: Option<FrameKey>,
    ) -> Option<Sealer> {
        let root = direction.root(link);
        let signer = match terms.protection.signature {
            None => None,
            Some(scheme) => Some(Signer::new(scheme, key?, &root)),
        };
        let (first, secrets) = ContextSecrets::new(&root);
        let contexts = vec![Context::first(first, terms)];
        let terms = terms.clone();
        let (number, closed, fault) = (0, false, None);
        Some(Sealer { contexts, secrets, terms, signer, number, closed, fault })
    }

    /// Seals one frame into the outbox and returns its bytes on the wire.
    /// `fill` writes `plain_len` bytes (at most [`PLAIN_MAX`]) into the slice
    /// it gets, whose former content is unspecified.
    ///
    /// Sealing after [`Sealer::close`], or in a context that was not made
    /// here, is a fault of ours and ends the process.
    #[inline]
    pub fn seal(
        &mut self,
        outbox: &mut Outbox,
        context: ContextId,
        kind: FrameKind,
        plain_len: usize,
        fill: impl FnOnce(&mut [u8]),
    ) -> usize {
        let state = &mut self.contexts[usize::from(context.0)];
        state.plain_bytes += plain_len as u64;
        if state.chain.is_some() {
            return self.seal_transformed(outbox, context, kind.kind(), plain_len, fill);
        }
        self.seal_kind(outbox, context, kind.kind(), plain_len, fill)
    }

    /// Bytes that a frame of `plain_len` takes on the wire.
    pub fn frame_len(&self, context: ContextId, plain_len: usize) -> usize {
        let Context { suite, ref chain, .. } = self.contexts[usize::from(context.0)];
        // Modules may make more of it: at most this.
        let plain_len = if chain.is_some() { PLAIN_MAX } else { plain_len };
        let Protection { padding, .. } = self.terms.protection;
        let signature_len = self.terms.protection.signature_len();
        let padded_len = padding.padded_len(plain_len, suite.sealed_len(0) + signature_len);
        HEADER_LEN + suite.sealed_len(padded_len) + signature_len
    }

    /// Makes one more context, without a round trip: the announcement is queued
    /// before anything sealed in the context can be. `None` when the link has had
    /// [`CONTEXTS_MAX`] of them, the policy has no such profile, or a module gave
    /// up. Modules begin where those of `origin`, of the same profile, are now.
    pub fn make_context(
        &mut self,
        outbox: &mut Outbox,
        profile: ProfileId,
        origin: Option<ContextId>,
    ) -> Option<ContextId> {
        let suite = self.terms.profiles.get(profile)?.suite;
        if self.contexts.len() >= CONTEXTS_MAX {
            return None;
        }
        let id = ContextId(self.contexts.len() as u16);
        let original = origin.map(|origin| &self.contexts[usize::from(origin.0)]);
        let chain = match Context::chain(&self.terms, profile, original, true) {
            Ok(chain) => chain,
            Err(fault) => {
                self.fault = Some(fault);
                return None;
            }
        };
        let plain = Announcement { context: id, profile, origin }.encode();
        self.seal_kind(outbox, ContextId(0), Kind::Context, plain.len(), |out| {
            out.copy_from_slice(&plain);
        });
        let made = Context::new(profile, suite, self.secrets.next(), &self.terms);
        self.contexts.push(Context { chain, ..made });
        Some(id)
    }

    /// Bytes on the wire of what [`Sealer::make_context`] queues.
    pub fn announcement_len(&self) -> usize {
        self.frame_len(ContextId(0), Announcement::LEN)
    }

    /// Why something that was given to seal was not, if so: the link is over then.
    #[inline]
    pub fn fault(&self) -> Option<RecordError> {
        self.fault
    }

    /// Sends content through the context's modules first.
    #[cold]
    fn seal_transformed(
        &mut self,
        outbox: &mut Outbox,
        id: ContextId,
        kind: Kind,
        content_len: usize,
        fill: impl FnOnce(&mut [u8]),
    ) -> usize {
        let mut chain = self.contexts[usize::from(id.0)].chain.take().expect("there is one");
        fill(chain.input(content_len));
        let sealed = match chain.run(content_len) {
            Ok(content) => self.seal_kind(outbox, id, kind, content.len(), |out| {
                out.copy_from_slice(content);
            }),
            Err(fault) => {
                self.fault = Some(fault);
                0
            }
        };
        self.contexts[usize::from(id.0)].chain = Some(chain);
        sealed
    }

    /// Queues the authenticated end of this direction. Nothing may follow.
    pub fn close(&mut self, outbox: &mut Outbox) {
        if !self.closed {
            self.seal_kind(outbox, ContextId(0), Kind::Close, 0, |_| ());
            self.closed = true;
        }
    }

    pub fn is_closed(&self) -> bool {
        self.closed
    }

    pub fn tally(&self) -> Tally {
        total(&self.contexts)
    }

    /// The same by profile.
    pub fn tallies(&self) -> Vec<(ProfileId, Tally)> {
        by_profile(&self.contexts)
    }

    fn seal_kind(
        &mut self,
        outbox: &mut Outbox,
        id: ContextId,
        kind: Kind,
        content_len: usize,
        fill: impl FnOnce(&mut [u8]),
    ) -> usize {
        assert!(!self.closed, "sealing after the close of the link");
        assert!(content_len <= PLAIN_MAX, "{content_len} bytes are more than a frame takes");
        let context = &mut self.contexts[usize::from(id.0)];
        context.assert_alive();
        let Protection { padding, .. } = self.terms.protection;
        let signature_len = self.terms.protection.signature_len();
        let plain_len = match padding {
            Padding::None => content_len,
            padding => padding.padded_len(content_len, context.suite.sealed_len(0) + signature_len),
        };
        let sealed_len = context.suite.sealed_len(plain_len);
        let body_len = sealed_len + signature_len;
        if context.is_worn(body_len) {
            *context = context.next_epoch();
        }
        let Context { epoch, mark, .. } = *context;
        let body_bytes = body_len as u32;
        let header =
            Header { kind, context: id.0, epoch, suite: mark, body_len: body_bytes }.encode();
        let aad = additional_data(&header, self.number);
        let nonce = context.nonce(self.number);
        outbox.push(HEADER_LEN + body_len, |out| {
            let (head, body) = out.split_at_mut(HEADER_LEN);
            head.copy_from_slice(&header);
            let at = context.suite.prefix_len();
            fill(&mut body[at..at + content_len]);
            padding.fill(&mut body[at..at + plain_len], content_len);
            let (sealed, signature) = body.split_at_mut(sealed_len);
            context.cipher.seal(&nonce, &aad, sealed, plain_len);
            if let Some(signer) = &self.signer {
                signer.sign(&aad, sealed, signature);
            }
        });
        context.count(body_len);
        self.number += 1;
        HEADER_LEN + body_len
    }
}

/// What a frame held.
#[derive(Debug, PartialEq, Eq)]
pub enum Opened<'a> {
    /// Authentic plaintext, in place, as far as the context's profile checks it.
    Frame { context: ContextId, profile: ProfileId, kind: FrameKind, plain: &'a mut [u8] },
    /// The peer made a security context; nothing to do.
    ContextMade(ContextId),
    /// The peer's authenticated end; nothing may follow.
    Closed,
}

/// Opens the frames of one direction.
pub struct Opener {
    contexts: Vec<Context>,
    secrets: ContextSecrets,
    terms: Terms,
    verifier: Option<Verifier>,
    number: u64,
    closed: bool,
}

impl Opener {
    /// `key` is the peer's public key for the signatures of the terms, a
    /// SubjectPublicKeyInfo; `None` when it is missing or is no key of the
    /// scheme.
    pub(super) fn new(
        link: &Secret,
        direction: Direction,
        terms: &Terms,
        key: Option<&[u8]>,
    ) -> Option<Opener> {
        let root = direction.root(link);
        let verifier = match terms.protection.signature {
            None => None,
            Some(scheme) => Some(Verifier::new(scheme, key?, &root)?),
        };
        let (first, secrets) = ContextSecrets::new(&root);
        let contexts = vec![Context::first(first, terms)];
        let terms = terms.clone();
        Some(Opener { contexts, secrets, terms, verifier, number: 0, closed: false })
    }

    /// How long the frame at the front of `buffered` is: `None` while its
    /// header is incomplete, an error as soon as the header cannot be right.
    /// Never more than [`FRAME_MAX`].
    #[inline]
    pub fn frame_len(&self, buffered: &[u8]) -> Result<Option<usize>, RecordError> {
        match buffered.first_chunk() {
            None => Ok(None),
            Some(bytes) => {
                let (_, len) = self.check(bytes)?;
                Ok(Some(len))
            }
        }
    }

    /// Verifies and opens one frame, in place. `frame` is exactly the bytes
    /// that [`Opener::frame_len`] measured. After an error the link is over:
    /// nothing that follows can be trusted to be at its place.
    #[inline]
    pub fn open<'a>(&'a mut self, frame: &'a mut [u8]) -> Result<Opened<'a>, RecordError> {
        let frame_len = frame.len();
        let Some((header_bytes, body)) = frame.split_first_chunk_mut::<HEADER_LEN>() else {
            return Err(RecordError::TooShort(frame_len));
        };
        let (header, len) = self.check(header_bytes)?;
        if body.len() != len - HEADER_LEN {
            return Err(RecordError::Malformed);
        }
        let body_len = body.len();
        let aad = additional_data(header_bytes, self.number);
        let context = &mut self.contexts[usize::from(header.context)];
        context.assert_alive();
        // The next epoch's keys replace the present ones only when a frame
        // opened under them: a forged epoch must not cost us the keys in use.
        let mut next = (header.epoch != context.epoch).then(|| context.next_epoch());
        let current = next.as_mut().unwrap_or(context);
        if current.is_worn(body_len) {
            return Err(RecordError::WornKey);
        }
        let nonce = current.nonce(self.number);
        let mut sealed = body;
        if let Some(verifier) = &self.verifier {
            let at = sealed.len() - self.terms.protection.signature_len();
            let (rest, signature) = sealed.split_at_mut(at);
            verifier.verify(&aad, rest, signature).map_err(|_| RecordError::Forged)?;
            sealed = rest;
        }
        let plain = current.cipher.open(&nonce, &aad, sealed).map_err(|_| RecordError::Forged)?;
        let padding = self.terms.protection.padding;
        let plain = padding.strip(plain).ok_or(RecordError::Malformed)?;
        current.count(body_len);
        let profile = current.profile;
        let context = ContextId(header.context);
        self.number += 1;
        let at = usize::from(header.context);
        if let Some(next) = next {
            let chain = self.contexts[at].chain.take();
            self.contexts[at] = Context { chain, ..next };
        }
        match header.kind {
            Kind::Data => {
                let state = &mut self.contexts[at];
                let plain = match &mut state.chain {
                    None => plain,
                    Some(chain) if plain.len() <= PLAIN_MAX => {
                        chain.input(plain.len()).copy_from_slice(plain);
                        chain.run(plain.len())?
                    }
                    Some(_) => return Err(RecordError::Malformed),
                };
                state.plain_bytes += plain.len() as u64;
                Ok(Opened::Frame { context, profile, kind: FrameKind::Data, plain })
            }
            Kind::Control if context == ContextId(0) => {
                self.contexts[at].plain_bytes += plain.len() as u64;
                Ok(Opened::Frame { context, profile, kind: FrameKind::Control, plain })
            }
            Kind::Control => Err(RecordError::Malformed),
            Kind::Context => self.admit(context, plain).map(Opened::ContextMade),
            Kind::Close if context == ContextId(0) && plain.is_empty() => {
                self.closed = true;
                Ok(Opened::Closed)
            }
            Kind::Close => Err(RecordError::Malformed),
            Kind::Tls | Kind::Refusal => Err(RecordError::Kind(header.kind as u8)),
        }
    }

    /// To be asked when the connection has ended: was it the peer's will?
    pub fn finish(&self) -> Result<(), RecordError> {
        if self.closed { Ok(()) } else { Err(RecordError::Truncated) }
    }

    pub fn is_closed(&self) -> bool {
        self.closed
    }

    pub fn tally(&self) -> Tally {
        total(&self.contexts)
    }

    /// The same by profile.
    pub fn tallies(&self) -> Vec<(ProfileId, Tally)> {
        by_profile(&self.contexts)
    }

    /// Everything a header can be refused for before its body is here.
    fn check(&self, bytes: &[u8; HEADER_LEN]) -> Result<(Header, usize), RecordError> {
        let header = Header::decode(bytes)?;
        if self.closed {
            return Err(RecordError::AfterClose);
        }
        if header.kind.is_handshake() {
            return Err(RecordError::Kind(header.kind as u8));
        }
        let context = self
            .contexts
            .get(usize::from(header.context))
            .ok_or(RecordError::UnknownContext(header.context))?;
        // Zero frames in the epoch in use and a step to the next: a sender of
        // ours never does that, and it would let a forger make us derive keys.
        let steps = header.epoch.wrapping_sub(context.epoch);
        if steps > 1 || (steps == 1 && context.frames == 0) {
            return Err(RecordError::Epoch { expected: context.epoch, found: header.epoch });
        }
        let body_len = header.body_len as usize;
        if body_len > PLAIN_MAX + OVERHEAD_MAX {
            return Err(RecordError::TooLong(HEADER_LEN as u64 + u64::from(header.body_len)));
        }
        if header.suite != context.mark {
            return Err(RecordError::Suite);
        }
        let overhead = context.suite.sealed_len(0) + self.terms.protection.signature_len();
        if body_len < overhead {
            return Err(RecordError::TooShort(HEADER_LEN + body_len));
        }
        Ok((header, HEADER_LEN + body_len))
    }

    /// Makes the context that an authentic announcement names.
    fn admit(&mut self, on: ContextId, plain: &[u8]) -> Result<ContextId, RecordError> {
        let announcement = Announcement::decode(plain).ok_or(RecordError::Malformed)?;
        let next = self.contexts.len();
        if on != ContextId(0) || usize::from(announcement.context.0) != next {
            return Err(RecordError::Malformed);
        }
        let profile = announcement.profile;
        let Some(found) = self.terms.profiles.get(profile).filter(|_| next < CONTEXTS_MAX) else {
            return Err(RecordError::RefusedContext);
        };
        let suite = found.suite;
        let original = match announcement.origin {
            None => None,
            Some(origin) => {
                let found = self.contexts.get(usize::from(origin.0));
                Some(found.filter(|one| one.profile == profile).ok_or(RecordError::Malformed)?)
            }
        };
        let chain = Context::chain(&self.terms, profile, original, false)?;
        let made = Context::new(profile, suite, self.secrets.next(), &self.terms);
        self.contexts.push(Context { chain, ..made });
        Ok(announcement.context)
    }
}

/// The content of a `Context` frame.
struct Announcement {
    context: ContextId,
    profile: ProfileId,
    /// Whose modules' states its own are copies of. 0 is none: the link's own
    /// context has no modules.
    origin: Option<ContextId>,
}

impl Announcement {
    const LEN: usize = 5;

    fn encode(&self) -> [u8; Announcement::LEN] {
        let [c0, c1] = self.context.0.to_be_bytes();
        let [o0, o1] = self.origin.unwrap_or_default().0.to_be_bytes();
        [c0, c1, self.profile.0, o0, o1]
    }

    fn decode(bytes: &[u8]) -> Option<Announcement> {
        let &[c0, c1, profile, o0, o1] = bytes else { return None };
        let context = ContextId(u16::from_be_bytes([c0, c1]));
        let origin = Some(ContextId(u16::from_be_bytes([o0, o1])));
        let origin = origin.filter(|origin| *origin != ContextId(0));
        Some(Announcement { context, profile: ProfileId(profile), origin })
    }
}

#[cfg(test)]
mod tests;
