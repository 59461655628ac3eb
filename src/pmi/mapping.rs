//! `PMI_process_mapping`: which rank lives on which node, as the PMI-1
//! launchers write it: `(vector,(FIRST_NODE,NODES,RANKS_PER_NODE),...)`, the
//! blocks repeated until every rank has a node. Our `mpiexec` writes the same.

/// Node number of each rank, or nothing when the text is not a mapping.
pub fn parse(text: &str, size: u32) -> Option<Vec<u32>> {
    let body = text.trim().strip_prefix("(vector")?.strip_suffix(')')?;
    let mut blocks = Vec::new();
    for block in body.split('(').skip(1) {
        let mut numbers = block.trim_end_matches([',', ')']).split(',').map(|n| n.trim().parse());
        match (numbers.next()?, numbers.next()?, numbers.next()?, numbers.next()) {
            (Ok(first), Ok(nodes), Ok(ranks), None) => blocks.push((first, nodes, ranks)),
            _ => return None,
        }
    }
    let places_something = |&(_, nodes, ranks): &(u32, u32, u32)| nodes > 0 && ranks > 0;
    if size > 0 && !blocks.iter().any(places_something) {
        return None;
    }
    let mut node_of = Vec::with_capacity(size as usize);
    let size = size as usize;
    while node_of.len() < size {
        for &(first, nodes, ranks) in blocks.iter().filter(|block| places_something(block)) {
            for node in 0..nodes {
                if node_of.len() == size {
                    break;
                }
                let ranks = (ranks as usize).min(size - node_of.len());
                node_of.extend(std::iter::repeat_n(first.checked_add(node)?, ranks));
            }
        }
    }
    Some(node_of)
}

/// The text for ranks placed as `node_of` says: runs of equal length on
/// consecutive nodes make one block.
pub fn format(node_of: &[u32]) -> String {
    let mut blocks: Vec<(u32, u32, usize)> = Vec::new();
    for run in node_of.chunk_by(|a, b| a == b) {
        match blocks.last_mut() {
            Some((first, nodes, ranks)) if *ranks == run.len() && *first + *nodes == run[0] => {
                *nodes += 1;
            }
            _ => blocks.push((run[0], 1, run.len())),
        }
    }
    let mut text = String::from("(vector");
    for (first, nodes, ranks) in blocks {
        text.push_str(&format!(",({first},{nodes},{ranks})"));
    }
    text.push(')');
    text
}

/// The ranks that share a node with `rank`.
pub fn neighbours(node_of: &[u32], rank: u32) -> Vec<u32> {
    let Some(here) = node_of.get(rank as usize) else { return Vec::new() };
    (0..).zip(node_of).filter(|(_, node)| *node == here).map(|(rank, _)| rank).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_repeat_until_all_ranks_are_placed() {
        assert_eq!(parse("(vector,(0,1,1))", 3), Some(vec![0, 0, 0]));
        assert_eq!(parse("(vector,(0,2,1))", 4), Some(vec![0, 1, 0, 1]));
        assert_eq!(parse("(vector,(0,1,2),(1,2,1))", 4), Some(vec![0, 0, 1, 2]));
    }

    #[test]
    fn what_is_formatted_is_parsed_back() {
        for node_of in [vec![0], vec![0, 0, 1, 1, 1], vec![1, 0, 1, 0], vec![3, 3, 2]] {
            assert_eq!(parse(&format(&node_of), node_of.len() as u32), Some(node_of));
        }
        assert_eq!(format(&[0, 0, 1, 1, 2, 2]), "(vector,(0,3,2))");
    }

    #[test]
    fn rubbish_is_no_mapping_and_does_not_loop() {
        for text in ["", "(vector)", "(vector,(0,0,5))", "(vector,(0,5,0))", "(vector,(a,1,1))"] {
            assert_eq!(parse(text, 2), None, "{text}");
        }
        assert_eq!(parse("(vector,(4294967295,2,1))", 2), None);
        assert_eq!(parse("(vector,(0,4294967295,4294967295))", 3), Some(vec![0, 0, 0]));
    }

    #[test]
    fn neighbours_are_the_ranks_of_the_same_node() {
        assert_eq!(neighbours(&[0, 1, 0, 1], 2), [0, 2]);
        assert_eq!(neighbours(&[0], 7), [] as [u32; 0]);
    }
}
