//! Runs the fuzz targets without a fuzzer: on their corpora, and on random mutations of them with a fixed seed.
//!
//! `FUZZ_SECONDS=600 cargo test --lib fuzzing -- --nocapture` runs each target for this long, each time with a new
//! seed. An input that breaks a target is printed with the test's name. Add it to the target's corpus.

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use fastrand::Rng;

/// A fuzz target.
type Target = fn(&[u8]);

/// The number of mutations of each target if `FUZZ_SECONDS` is not set.
const MUTATIONS: usize = 2_500;
/// The maximum length of an input, which is also libFuzzer's default.
const MAX_INPUT_BYTES: usize = 4096;
/// The maximum memory of a target: a constant, and an amount for each byte of the input.
const BASE_MEMORY_BYTES: u64 = 256 * 1024;
const MEMORY_BYTES_PER_INPUT_BYTE: u64 = 2048;

/// Tokens of the formats, including forged lengths.
const TOKENS: [&[u8]; 23] = [
    b"\xdd\xff\xff\xff\xff",
    b"\xdf\x7f\xff\xff\xff",
    b"\xdb\xff\xff\xff\xff",
    b"\xc6\xff\xff\xff\xff",
    b"\xc9\xff\xff\xff\xff\x0c",
    b"\xdc\xff\xff",
    b"[\"list\",",
    b"[[[[[[[[",
    b"{\"a\":",
    b"\\u002f",
    b"\\ud800",
    b"&#x2f;",
    b"%2F",
    b"1e999999999",
    b"-0",
    b"9223372036854775808",
    b"-----BEGIN CERTIFICATE-----\n",
    b"-----END CERTIFICATE-----\n",
    b"signature time:",
    b"PT",
    b"T00:00:00Z",
    b"+25:59",
    b"\0",
];

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let mut paths: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// Runs the target on one input. Returns what is wrong, if anything is.
fn failure(target: Target, input: &[u8]) -> Option<String> {
    let outcome = catch_unwind(AssertUnwindSafe(|| allocation_counter::measure(|| target(input))));
    let Ok(measured) = outcome else { return Some("the target panicked, see above".to_owned()) };
    let allowed = BASE_MEMORY_BYTES + MEMORY_BYTES_PER_INPUT_BYTE * u64::try_from(input.len()).unwrap();
    let used = measured.bytes_max;
    (used > allowed).then(|| format!("the target used {used} bytes of memory, {allowed} are allowed"))
}

fn check(name: &str, target: Target, input: &[u8]) {
    if let Some(failure) = failure(target, input) {
        panic!("{name}: {failure}; input: {}", input.escape_ascii());
    }
}

fn mutate(random: &mut Rng, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut input = random.choice(corpus).unwrap().clone();
    for _ in 0..random.usize(1..=4) {
        let at = random.usize(0..=input.len());
        match random.u8(0..7) {
            0 if at < input.len() => input[at] ^= 1 << random.u8(0..8),
            1 if at < input.len() => input[at] = random.u8(..),
            2 => input.insert(at, random.u8(..)),
            3 => drop(input.drain(at..random.usize(at..=input.len()))),
            4 => drop(input.splice(at..at, random.choice(TOKENS).unwrap().iter().copied())),
            5 => {
                let other = random.choice(corpus).unwrap();
                input.splice(at.., other[random.usize(0..=other.len())..].iter().copied());
            }
            _ => {
                let piece = input[at..random.usize(at..=input.len())].repeat(random.usize(1..20));
                input.splice(at..at, piece);
            }
        }
        input.truncate(MAX_INPUT_BYTES);
    }
    input
}

fn check_corpus_and_mutations(name: &str, target: Target) {
    let corpus = corpus(name);
    assert!(!corpus.is_empty(), "{name} has no corpus");
    corpus.iter().for_each(|input| check(name, target, input));
    match std::env::var("FUZZ_SECONDS") {
        Err(_) => {
            let mut random = Rng::with_seed(7);
            (0..MUTATIONS).for_each(|_| check(name, target, &mutate(&mut random, &corpus)));
        }
        Ok(seconds) => {
            let end = Instant::now() + Duration::from_secs(seconds.parse().expect("FUZZ_SECONDS is a number"));
            let (mut random, mut count) = (Rng::new(), 0_u64);
            while Instant::now() < end {
                check(name, target, &mutate(&mut random, &corpus));
                count += 1;
            }
            println!("{name}: {count} mutations");
        }
    }
}

/// Defines a test for each target, so that they run in parallel.
macro_rules! targets {
    ($($target:ident),+) => {
        mod targets {$(
            #[test]
            fn $target() {
                super::check_corpus_and_mutations(stringify!($target), crate::fuzzing::$target);
            }
        )+}

        const NAMES: &[&str] = &[$(stringify!($target)),+];
    };
}

targets!(error_body, handshake, json_state, moved_state, msgpack, profile, retry_after, sdk_file, times);

#[test]
fn every_target_of_the_fuzzer_is_tested() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/fuzz_targets");
    let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let files: BTreeSet<_> = files.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(files, NAMES.iter().map(|name| (*name).to_owned()).collect());
}

#[test]
fn memory_allocated_for_a_forged_length_is_a_failure() {
    let target: Target = |bytes| {
        let claimed = bytes.iter().fold(0, |sum, byte| sum * 256 + usize::from(*byte));
        drop(Vec::<u8>::with_capacity(claimed));
    };
    assert_eq!(failure(target, b"\x00\x00\x01"), None);
    insta::assert_snapshot!(failure(target, b"\x01\x00\x00\x00").unwrap(), @"the target used 16777216 bytes of memory, 270336 are allowed");
}
