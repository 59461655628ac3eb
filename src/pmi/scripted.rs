//! The PMI-1 client against a server that follows a script: the spellings of
//! several launchers, and servers that stop, lie or say nothing.

use super::{Deadlines, Pmi1, WireUp, WireUpError};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const SOON: Deadlines =
    Deadlines { request: Duration::from_millis(300), fence: Duration::from_millis(300) };
const PATIENT: Deadlines =
    Deadlines { request: Duration::from_secs(20), fence: Duration::from_secs(20) };

/// How a server answers one line; nothing means that it hangs up.
type Script = Box<dyn FnMut(&str) -> Option<String> + Send>;

fn serve(mut script: Script) -> (UnixStream, JoinHandle<()>) {
    let (ours, theirs) = UnixStream::pair().expect("a socket pair");
    let server = std::thread::spawn(move || {
        let mut writer = theirs.try_clone().expect("a second descriptor");
        for line in BufReader::new(theirs).lines().map_while(Result::ok) {
            let Some(answer) = script(&line) else { return };
            if writer.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    });
    (ours, server)
}

/// A whole server with a key-value space; `first` may answer instead.
fn launcher(mut first: impl FnMut(&str) -> Option<Option<String>> + Send + 'static) -> Script {
    let mut values = HashMap::new();
    Box::new(move |line| {
        if let Some(answer) = first(line) {
            return answer;
        }
        let fields = super::fields::Fields::new(line);
        let key = fields.value("key").unwrap_or("").to_string();
        Some(match fields.command() {
            "init" => "cmd=response_to_init pmi_version=1 pmi_subversion=1 rc=0\n".into(),
            "get_maxes" => "cmd=maxes kvsname_max=256 keylen_max=64 vallen_max=128\n".into(),
            "get_appnum" => "cmd=appnum appnum=-1\n".into(),
            "get_universe_size" => "rc=0 cmd=universe_size size=8\n".into(),
            "get_my_kvsname" => "rc=0 cmd=my_kvsname kvsname=kvs_1\n".into(),
            "put" => {
                let value = fields.value("value").expect("a put has a value");
                assert!(key.len() < 64 && value.len() < 128, "{line}");
                values.insert(key, value.to_string());
                "rc=0 cmd=put_result msg=success\n".into()
            }
            "get" => match values.get(&key) {
                Some(value) => format!("rc=0 cmd=get_result msg=success value={value}\n"),
                None => "cmd=get_result rc=-1 msg=key_not_found value=unknown\n".into(),
            },
            "barrier_in" => "cmd=barrier_out\n".into(),
            "finalize" => "cmd=finalize_ack\n".into(),
            _ => panic!("the client sent {line:?}"),
        })
    })
}

fn attach(script: Script, deadlines: Deadlines) -> Result<Pmi1, WireUpError> {
    let (socket, _server) = serve(script);
    Pmi1::start(socket.into(), 0, 2, deadlines)
}

#[test]
fn values_of_every_size_come_back_through_small_values() {
    let mut client = attach(launcher(|_| None), PATIENT).unwrap();
    assert_eq!((client.job().appnum, client.job().universe_size), (None, Some(8)));
    assert_eq!(client.job().id, "kvs_1");
    for len in [0, 1, 89, 90, 91, 1000, 30_000] {
        let value: Vec<u8> = (0..len).map(|at| (at * 7) as u8).collect();
        client.put("address", &value).unwrap();
        client.fence().unwrap();
        assert_eq!(client.get(0, "address").unwrap(), value);
    }
    assert!(matches!(client.get(1, "address"), Err(WireUpError::Absent { rank: 1, .. })));
    client.finalize().unwrap();
    client.finalize().unwrap();
}

#[test]
fn value_over_the_limit_is_refused_before_it_is_sent() {
    let mut client = attach(launcher(|_| None), PATIENT).unwrap();
    let error = client.put("big", &vec![0; super::VALUE_MAX + 1]).unwrap_err();
    assert!(matches!(error, WireUpError::TooLong { .. }), "{error}");
}

#[test]
fn answer_in_many_small_pieces_is_one_line() {
    let (mut theirs, ours) = UnixStream::pair().unwrap();
    let client = std::thread::spawn(move || Pmi1::start(ours.into(), 0, 2, PATIENT));
    let mut script = launcher(|line| {
        line.contains("key=PMI_process_mapping")
            .then(|| Some("cmd=get_result rc=0 value=(vector,(0,1,2))\n".to_string()))
    });
    let mut lines = BufReader::new(theirs.try_clone().unwrap()).lines();
    for _ in 0..6 {
        for byte in script(&lines.next().unwrap().unwrap()).unwrap().bytes() {
            theirs.write_all(&[byte]).unwrap();
        }
    }
    assert_eq!(client.join().unwrap().unwrap().job().local_ranks, [0, 1]);
}

#[test]
fn launcher_that_hangs_up_is_an_error_at_every_stage() {
    for stage in ["init", "get_maxes", "get_my_kvsname", "key=PMI_process_mapping"] {
        let hangs_up = launcher(move |line| line.contains(stage).then_some(None));
        let error = attach(hangs_up, PATIENT).err().expect("no client without a server");
        assert!(matches!(error, WireUpError::Closed { .. }), "{stage}: {error}");
    }
    let hangs_up = launcher(|line| line.contains("barrier_in").then_some(None));
    let error = attach(hangs_up, PATIENT).unwrap().fence().unwrap_err();
    assert!(error.to_string().contains("waited for the fence"), "{error}");
}

#[test]
fn silent_launcher_is_an_error_at_the_deadline() {
    let began = Instant::now();
    let silent = launcher(|line| line.contains("get_maxes").then(|| Some(String::new())));
    let error = attach(silent, SOON).err().expect("silence is no answer");
    assert!(matches!(error, WireUpError::Timeout { .. }), "{error}");
    let silent = launcher(|line| line.contains("barrier_in").then(|| Some(String::new())));
    let error = attach(silent, SOON).unwrap().fence().unwrap_err();
    assert!(matches!(error, WireUpError::Timeout { .. }), "{error}");
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[test]
fn rubbish_from_the_launcher_is_an_error_that_quotes_it() {
    let cases = [
        ("init", "hello world\n"),
        ("init", "cmd=response_to_init rc=-1 msg=version\n"),
        ("get_maxes", "cmd=maxes vallen_max=3\n"),
        ("get_my_kvsname", "cmd=my_kvsname\n"),
        ("key=PMI_process_mapping", "\u{1}\u{2}\n"),
    ];
    for (stage, answer) in cases {
        let lies = launcher(move |line| line.contains(stage).then(|| Some(answer.to_string())));
        let error = attach(lies, PATIENT).err().unwrap_or_else(|| panic!("{answer} was believed"));
        assert!(
            matches!(error, WireUpError::Protocol { .. } | WireUpError::Refused { .. }),
            "{error}"
        );
    }
    let endless = launcher(|line| line.contains("get_maxes").then(|| Some("x".repeat(1 << 20))));
    assert!(matches!(attach(endless, PATIENT), Err(WireUpError::Protocol { .. })));
    for value in ["value=0:", "value=9999999:AA", "value=1:***", "value=x"] {
        let lies = launcher(move |line| {
            line.contains("key=a-1").then(|| Some(format!("cmd=get_result rc=0 {value}\n")))
        });
        let error = attach(lies, PATIENT).unwrap().get(1, "a").unwrap_err();
        assert!(matches!(error, WireUpError::Protocol { .. }), "{error}");
    }
}

#[test]
fn port_handshake_tells_rank_and_size() {
    let (socket, _server) = serve(launcher(|line| {
        line.starts_with("cmd=initack pmiid=5").then(|| {
            Some("cmd=initack\ncmd=set size=4\ncmd=set rank=3\ncmd=set debug=0\n".to_string())
        })
    }));
    let client = Pmi1::start_by_port(socket.into(), "5", PATIENT).unwrap();
    assert_eq!((client.job().rank, client.job().size), (3, 4));
}
