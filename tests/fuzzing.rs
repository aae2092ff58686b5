//! The fuzz targets of `fuzz/` without a fuzzer: their corpora, and mutations of them, by a random seed that is fixed.
//!
//! `FUZZ_SECONDS=600 cargo test --test fuzzing --release` goes on for so long per target, by another seed each time. An
//! input that breaks a target is printed with the test's name; put it into the target's corpus.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]
#![allow(clippy::print_stdout, reason = "who asked for a long run wants to know how long it was")]

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use fastrand::Rng;
use terraform_provider_huaweicloud_kafka::fuzzing::{TARGETS, Target};

/// Mutations of each target where no time is given.
const MUTATIONS: usize = 10_000;
/// Longest input, as fuzzers have it.
const LONGEST: usize = 4096;
/// Most bytes that a target may hold at once: so many, and so many for each byte of its input.
const ALLOWANCE: u64 = 256 * 1024;
const ALLOWANCE_PER_BYTE: u64 = 2048;

/// Bytes that mean something to one of the formats, lengths that lie among them.
const WORDS: [&[u8]; 24] = [
    b"\xdd\xff\xff\xff\xff",
    b"\xdf\x7f\xff\xff\xff",
    b"\xdb\xff\xff\xff\xff",
    b"\xc6\xff\xff\xff\xff",
    b"\xc9\xff\xff\xff\xff\x0c",
    b"\xdc\xff\xff",
    b"\x92\xc4\x09\"dynamic\"",
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
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// Runs the target on one input; what went wrong, if anything did.
fn broken(target: fn(&[u8]), input: &[u8]) -> Option<String> {
    let outcome = catch_unwind(AssertUnwindSafe(|| allocation_counter::measure(|| target(input))));
    let Ok(measured) = outcome else { return Some("it panics, see above".to_owned()) };
    let allowed = ALLOWANCE + ALLOWANCE_PER_BYTE * u64::try_from(input.len()).unwrap();
    (measured.bytes_max > allowed).then(|| format!("it holds {} bytes, {allowed} are allowed", measured.bytes_max))
}

fn check(name: &str, target: fn(&[u8]), input: &[u8]) {
    if let Some(why) = broken(target, input) {
        panic!("{name}: {why}; input: {}", input.escape_ascii());
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
            4 => drop(input.splice(at..at, random.choice(WORDS).unwrap().iter().copied())),
            5 => {
                let other = random.choice(corpus).unwrap();
                input.splice(at.., other[random.usize(0..=other.len())..].iter().copied());
            }
            _ => {
                let piece = input[at..random.usize(at..=input.len())].repeat(random.usize(1..20));
                input.splice(at..at, piece);
            }
        }
        input.truncate(LONGEST);
    }
    input
}

fn mutations(name: &str) {
    let (_, target) = TARGETS.into_iter().find(|(known, _)| *known == name).expect("a target");
    let corpus = corpus(name);
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

/// A test for each target, so that they run side by side.
macro_rules! mutations {
    ($($target:ident),+) => {
        mod mutations {$(
            #[test]
            fn $target() {
                super::mutations(stringify!($target));
            }
        )+}

        #[test]
        fn every_target_is_mutated() {
            assert_eq!(names(), BTreeSet::from([$(stringify!($target).to_owned()),+]));
        }
    };
}

mutations!(error_body, handshake, json_state, moved_state, msgpack, profile, retry_after, sdk_file, times);

fn names() -> BTreeSet<String> {
    TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect()
}

#[test]
fn corpora_hold() {
    for (name, target) in TARGETS {
        let corpus = corpus(name);
        assert!(!corpus.is_empty(), "{name} has no corpus");
        corpus.iter().for_each(|input| check(name, target, input));
    }
}

#[test]
fn every_target_is_one_of_the_fuzzers() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/fuzz_targets");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files: BTreeSet<_> = files.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(files, names());
}

/// The measure itself: a target that believes a length is caught.
#[test]
fn target_that_believes_a_length_is_caught() {
    let target: Target = ("gullible", |bytes| {
        let claimed = bytes.iter().fold(0, |sum, byte| sum * 256 + usize::from(*byte));
        drop(Vec::<u8>::with_capacity(claimed));
    });
    assert_eq!(broken(target.1, b"\x00\x00\x01"), None);
    assert!(broken(target.1, b"\x01\x00\x00\x00").is_some_and(|why| why.contains("holds 16777216 bytes")));
}
