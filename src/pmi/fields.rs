//! One line of PMI-1: `cmd=NAME key=value ...`, in any order. MPICH 4 puts
//! `rc` last, MPICH 5 and Slurm put it first, some omit it. Values hold no
//! space; nothing here escapes, because the protocol has no escape.

/// The tokens of one line, borrowed from it.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a> {
    line: &'a str,
}

impl<'a> Fields<'a> {
    pub fn new(line: &'a str) -> Fields<'a> {
        Fields { line: line.trim_end_matches(['\n', '\r']) }
    }

    pub fn line(self) -> &'a str {
        self.line
    }

    /// Value of the first token `name=...`, possibly empty.
    pub fn value(self, name: &str) -> Option<&'a str> {
        self.line
            .split_ascii_whitespace()
            .filter_map(|token| token.split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }

    pub fn number<T: std::str::FromStr>(self, name: &str) -> Option<T> {
        self.value(name)?.parse().ok()
    }

    /// `cmd`, or nothing for a line that is not a command.
    pub fn command(self) -> &'a str {
        self.value("cmd").unwrap_or("")
    }

    /// `rc`, which counts as 0 when absent.
    pub fn code(self) -> i32 {
        self.number("rc").unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_found_in_any_order() {
        for line in [
            "cmd=get_result rc=0 msg=success value=(vector,(0,1,2))\n",
            "rc=0 cmd=get_result value=(vector,(0,1,2)) msg=success\r\n",
            "cmd=get_result value=(vector,(0,1,2))",
        ] {
            let fields = Fields::new(line);
            assert_eq!(fields.command(), "get_result");
            assert_eq!(fields.code(), 0);
            assert_eq!(fields.value("value"), Some("(vector,(0,1,2))"));
        }
    }

    #[test]
    fn value_may_hold_an_equals_sign_and_may_be_empty() {
        let fields = Fields::new("cmd=put key=a value=b64==");
        assert_eq!(fields.value("value"), Some("b64=="));
        assert_eq!(Fields::new("cmd=lookup_result port= rc=1").value("port"), Some(""));
        assert_eq!(Fields::new("nonsense").command(), "");
    }
}
