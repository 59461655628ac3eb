//! What `mpiexec` and its agents say to each other, and the bytes of it: a
//! frame is `length u32 | kind u8 | fields`, little endian; texts and byte
//! strings are preceded by their length. Arguments and variables are bytes,
//! since Unix does not promise that they are text.

/// Where a rank's bytes came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    Out,
    Err,
}

/// One of the `:`-separated commands.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct App {
    pub words: Vec<Vec<u8>>,
    pub directory: Vec<u8>,
    /// Set for this command's ranks only, after the job's own.
    pub variables: Vec<(Vec<u8>, Vec<u8>)>,
}

/// All that an agent needs to start its ranks.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Start {
    pub job: String,
    pub size: u32,
    pub universe: i32,
    pub mapping: String,
    /// This agent's ranks and the index of the command each runs.
    pub ranks: Vec<(u32, u32)>,
    pub apps: Vec<App>,
    pub variables: Vec<(Vec<u8>, Vec<u8>)>,
    /// How long a rank has between TERM and KILL.
    pub grace_ms: u32,
}

/// How far a rank's talk with the PMI server went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Fresh,
    Initialized,
    Finalized,
}

/// How a rank's process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    Exited(i32),
    Killed(i32),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToAgent {
    Start(Start),
    /// Bytes for rank 0; none means the end of them.
    Stdin(Vec<u8>),
    Signal(i32),
    /// TERM for every rank, and KILL after the grace.
    End,
    /// KILL for every rank, now.
    Kill,
    /// Everyone reached the fence; what everyone put since the last one.
    Fenced(Vec<(String, String)>),
    /// The PMI line that answers what this rank asked.
    Answer {
        rank: u32,
        line: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToRoot {
    Output {
        rank: u32,
        stream: Stream,
        bytes: Vec<u8>,
    },
    /// So many bytes of standard input went to rank 0.
    StdinTaken(u32),
    /// Rank 0 reads no more.
    StdinClosed,
    /// All ranks here reached the fence; what they put since the last one.
    Fence(Vec<(String, String)>),
    /// A PMI line that only the root can answer.
    Ask {
        rank: u32,
        line: String,
    },
    Abort {
        rank: u32,
        code: i32,
    },
    Ended {
        rank: u32,
        how: How,
        phase: Phase,
    },
    /// `missing`: there is no such program, as opposed to one that cannot run.
    Unstartable {
        rank: u32,
        missing: bool,
        message: String,
    },
    /// `rank` waits at the fence for `ended`, which will never come.
    Stuck {
        rank: u32,
        ended: u32,
    },
    /// No rank is left and all their output was sent.
    Done,
}

/// Largest frame: an environment and command lines are at most a few MB.
pub const FRAME_MAX: usize = 32 << 20;

/// A frame that no honest peer of this version sends.
#[derive(Debug, thiserror::Error)]
#[error("a control message is malformed: {0}")]
pub struct Malformed(&'static str);

pub trait Message: Sized {
    /// Appends the whole frame.
    fn write(&self, to: &mut Vec<u8>);
    /// Reads `kind u8 | fields`.
    fn read(frame: &[u8]) -> Result<Self, Malformed>;
}

impl Message for ToAgent {
    fn write(&self, to: &mut Vec<u8>) {
        frame(to, |w| match self {
            ToAgent::Start(start) => {
                w.u8(0);
                w.text(&start.job);
                w.u32(start.size);
                w.u32(start.universe as u32);
                w.text(&start.mapping);
                w.list(&start.ranks, |w, (rank, app)| {
                    w.u32(*rank);
                    w.u32(*app);
                });
                w.list(&start.apps, |w, app| {
                    w.list(&app.words, |w, word| w.bytes(word));
                    w.bytes(&app.directory);
                    w.list(&app.variables, pair);
                });
                w.list(&start.variables, pair);
                w.u32(start.grace_ms);
            }
            ToAgent::Stdin(bytes) => {
                w.u8(1);
                w.bytes(bytes);
            }
            ToAgent::Signal(number) => {
                w.u8(2);
                w.u32(*number as u32);
            }
            ToAgent::End => w.u8(3),
            ToAgent::Kill => w.u8(4),
            ToAgent::Fenced(values) => {
                w.u8(5);
                w.list(values, text_pair);
            }
            ToAgent::Answer { rank, line } => {
                w.u8(6);
                w.u32(*rank);
                w.text(line);
            }
        });
    }

    fn read(frame: &[u8]) -> Result<ToAgent, Malformed> {
        let mut r = Reader(frame);
        let message = match r.u8()? {
            0 => ToAgent::Start(Start {
                job: r.text()?,
                size: r.u32()?,
                universe: r.u32()? as i32,
                mapping: r.text()?,
                ranks: r.list(|r| Ok((r.u32()?, r.u32()?)))?,
                apps: r.list(|r| {
                    Ok(App {
                        words: r.list(Reader::bytes)?,
                        directory: r.bytes()?,
                        variables: r.list(read_pair)?,
                    })
                })?,
                variables: r.list(read_pair)?,
                grace_ms: r.u32()?,
            }),
            1 => ToAgent::Stdin(r.bytes()?),
            2 => ToAgent::Signal(r.u32()? as i32),
            3 => ToAgent::End,
            4 => ToAgent::Kill,
            5 => ToAgent::Fenced(r.list(read_text_pair)?),
            6 => ToAgent::Answer { rank: r.u32()?, line: r.text()? },
            _ => return Err(Malformed("unknown kind for an agent")),
        };
        r.end()?;
        Ok(message)
    }
}

impl Message for ToRoot {
    fn write(&self, to: &mut Vec<u8>) {
        frame(to, |w| match self {
            ToRoot::Output { rank, stream, bytes } => {
                w.u8(if *stream == Stream::Out { 0 } else { 1 });
                w.u32(*rank);
                w.bytes(bytes);
            }
            ToRoot::StdinTaken(count) => {
                w.u8(2);
                w.u32(*count);
            }
            ToRoot::StdinClosed => w.u8(3),
            ToRoot::Fence(values) => {
                w.u8(4);
                w.list(values, text_pair);
            }
            ToRoot::Ask { rank, line } => {
                w.u8(5);
                w.u32(*rank);
                w.text(line);
            }
            ToRoot::Abort { rank, code } => {
                w.u8(6);
                w.u32(*rank);
                w.u32(*code as u32);
            }
            ToRoot::Ended { rank, how, phase } => {
                w.u8(7);
                w.u32(*rank);
                let (killed, number) = match how {
                    How::Exited(code) => (0, *code),
                    How::Killed(signal) => (1, *signal),
                };
                w.u8(killed);
                w.u32(number as u32);
                w.u8(*phase as u8);
            }
            ToRoot::Unstartable { rank, missing, message } => {
                w.u8(8);
                w.u32(*rank);
                w.u8(u8::from(*missing));
                w.text(message);
            }
            ToRoot::Stuck { rank, ended } => {
                w.u8(9);
                w.u32(*rank);
                w.u32(*ended);
            }
            ToRoot::Done => w.u8(10),
        });
    }

    fn read(frame: &[u8]) -> Result<ToRoot, Malformed> {
        let mut r = Reader(frame);
        let message = match r.u8()? {
            kind @ (0 | 1) => {
                let stream = if kind == 0 { Stream::Out } else { Stream::Err };
                ToRoot::Output { rank: r.u32()?, stream, bytes: r.bytes()? }
            }
            2 => ToRoot::StdinTaken(r.u32()?),
            3 => ToRoot::StdinClosed,
            4 => ToRoot::Fence(r.list(read_text_pair)?),
            5 => ToRoot::Ask { rank: r.u32()?, line: r.text()? },
            6 => ToRoot::Abort { rank: r.u32()?, code: r.u32()? as i32 },
            7 => {
                let rank = r.u32()?;
                let how = match (r.u8()?, r.u32()? as i32) {
                    (0, code) => How::Exited(code),
                    (1, signal) => How::Killed(signal),
                    _ => return Err(Malformed("unknown end of a rank")),
                };
                let phase = match r.u8()? {
                    0 => Phase::Fresh,
                    1 => Phase::Initialized,
                    2 => Phase::Finalized,
                    _ => return Err(Malformed("unknown phase of a rank")),
                };
                ToRoot::Ended { rank, how, phase }
            }
            8 => {
                let (rank, missing) = (r.u32()?, r.u8()? != 0);
                ToRoot::Unstartable { rank, missing, message: r.text()? }
            }
            9 => ToRoot::Stuck { rank: r.u32()?, ended: r.u32()? },
            10 => ToRoot::Done,
            _ => return Err(Malformed("unknown kind for the root")),
        };
        r.end()?;
        Ok(message)
    }
}

fn frame(to: &mut Vec<u8>, fields: impl FnOnce(&mut Writer)) {
    let start = to.len();
    to.extend_from_slice(&[0; 4]);
    fields(&mut Writer(to));
    let len = (to.len() - start - 4) as u32;
    to[start..start + 4].copy_from_slice(&len.to_le_bytes());
}

fn pair(w: &mut Writer, (name, value): &(Vec<u8>, Vec<u8>)) {
    w.bytes(name);
    w.bytes(value);
}

fn text_pair(w: &mut Writer, (name, value): &(String, String)) {
    w.text(name);
    w.text(value);
}

fn read_pair(r: &mut Reader) -> Result<(Vec<u8>, Vec<u8>), Malformed> {
    Ok((r.bytes()?, r.bytes()?))
}

fn read_text_pair(r: &mut Reader) -> Result<(String, String), Malformed> {
    Ok((r.text()?, r.text()?))
}

struct Writer<'a>(&'a mut Vec<u8>);

impl Writer<'_> {
    fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    fn u32(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.u32(bytes.len() as u32);
        self.0.extend_from_slice(bytes);
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn list<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Writer, &T)) {
        self.u32(items.len() as u32);
        for item in items {
            write(self, item);
        }
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn u8(&mut self) -> Result<u8, Malformed> {
        let (first, rest) = self.0.split_first().ok_or(Malformed("it ends early"))?;
        self.0 = rest;
        Ok(*first)
    }

    fn u32(&mut self) -> Result<u32, Malformed> {
        let (first, rest) = self.0.split_first_chunk().ok_or(Malformed("it ends early"))?;
        self.0 = rest;
        Ok(u32::from_le_bytes(*first))
    }

    fn bytes(&mut self) -> Result<Vec<u8>, Malformed> {
        let len = self.u32()? as usize;
        let (bytes, rest) = self.0.split_at_checked(len).ok_or(Malformed("it ends early"))?;
        self.0 = rest;
        Ok(bytes.to_vec())
    }

    fn text(&mut self) -> Result<String, Malformed> {
        String::from_utf8(self.bytes()?).map_err(|_| Malformed("a text is not UTF-8"))
    }

    fn list<T>(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Malformed> {
        let count = self.u32()?;
        // Nothing is reserved: the items there are bound the list.
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(read(self)?);
        }
        Ok(items)
    }

    fn end(&self) -> Result<(), Malformed> {
        if self.0.is_empty() { Ok(()) } else { Err(Malformed("it goes on after its end")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to_agent() -> Vec<ToAgent> {
        let app = App {
            words: vec![b"prog".to_vec(), vec![0xff, b' ']],
            directory: b"/tmp".to_vec(),
            variables: vec![(b"A".to_vec(), b"".to_vec())],
        };
        vec![
            ToAgent::Start(Start {
                job: "j".into(),
                size: 3,
                universe: -1,
                mapping: "(vector,(0,1,3))".into(),
                ranks: vec![(0, 0), (2, 0)],
                apps: vec![app],
                variables: vec![(b"PATH".to_vec(), b"/bin".to_vec())],
                grace_ms: 2000,
            }),
            ToAgent::Stdin(vec![1, 2, 3]),
            ToAgent::Signal(10),
            ToAgent::End,
            ToAgent::Kill,
            ToAgent::Fenced(vec![("k".into(), "v".into())]),
            ToAgent::Answer { rank: 1, line: "cmd=x".into() },
        ]
    }

    fn to_root() -> Vec<ToRoot> {
        vec![
            ToRoot::Output { rank: 1, stream: Stream::Out, bytes: vec![7; 9] },
            ToRoot::Output { rank: 1, stream: Stream::Err, bytes: vec![] },
            ToRoot::StdinTaken(5),
            ToRoot::StdinClosed,
            ToRoot::Fence(vec![]),
            ToRoot::Ask { rank: 0, line: "cmd=lookup_name".into() },
            ToRoot::Abort { rank: 2, code: -1 },
            ToRoot::Ended { rank: 2, how: How::Exited(3), phase: Phase::Finalized },
            ToRoot::Ended { rank: 2, how: How::Killed(9), phase: Phase::Initialized },
            ToRoot::Unstartable { rank: 0, missing: true, message: "no".into() },
            ToRoot::Stuck { rank: 1, ended: 0 },
            ToRoot::Done,
        ]
    }

    fn check<M: Message + PartialEq + std::fmt::Debug>(messages: Vec<M>) {
        for message in messages {
            let mut bytes = Vec::new();
            message.write(&mut bytes);
            let (len, frame) = bytes.split_first_chunk::<4>().expect("a length");
            assert_eq!(u32::from_le_bytes(*len) as usize, frame.len());
            assert_eq!(M::read(frame).expect("our own frame"), message);
            for cut in 0..frame.len() {
                assert!(M::read(&frame[..cut]).is_err(), "{message:?} cut at {cut}");
            }
            let longer = [frame, &[0]].concat();
            assert!(M::read(&longer).is_err());
        }
    }

    #[test]
    fn messages_survive_the_wire_and_no_part_of_one_is_a_message() {
        check(to_agent());
        check(to_root());
    }

    #[test]
    fn list_longer_than_its_frame_is_refused_without_reserving_for_it() {
        let mut frame = vec![4];
        frame.extend_from_slice(&u32::MAX.to_le_bytes());
        assert!(ToRoot::read(&frame).is_err());
    }
}
