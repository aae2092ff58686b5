//! The style of the project's prose: phrases that it does not use and sentences that are too long, in Markdown, comments
//! and messages.

use regex::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

use crate::repository::read_files_under;

/// Folders and files whose prose people read.
const PLACES: [&str; 10] =
    ["src", "emulator", "testkit", "xtask", "tests", "benches", "templates", "docs", "examples", ".github"];

/// Most words of a sentence. Above that, readers go back to its start.
const MOST_WORDS: usize = 35;

/// Most characters of a line in Markdown.
const LONGEST_LINE: usize = 120;

/// Lines of a regular expression, a tab, and what to write in place of the phrase.
const RULES: &str = include_str!("../../.ci/prose-rules");

/// A piece of prose and the line where it starts.
struct Paragraph {
    line: usize,
    text: String,
}

/// Paragraphs of Markdown. Code blocks and inline code are not prose.
fn markdown(text: &str) -> Vec<Paragraph> {
    let code = Regex::new("`[^`]*`").unwrap();
    let item = Regex::new(r"^\s*([-*+]|\d+\.|#+|\||>|<)").unwrap();
    let mut paragraphs: Vec<Paragraph> = Vec::new();
    let mut in_code = false;
    let mut joins = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
            joins = false;
            continue;
        }
        if in_code || line.trim().is_empty() {
            joins = false;
            continue;
        }
        let prose = code.replace_all(line.trim(), "x");
        match paragraphs.last_mut() {
            Some(last) if joins && !item.is_match(line) => {
                last.text.push(' ');
                last.text.push_str(&prose);
            }
            _ => paragraphs.push(Paragraph { line: index + 1, text: prose.into_owned() }),
        }
        joins = true;
    }
    paragraphs
}

/// Comments and string literals of Rust, and comments of shell, YAML, TOML and HCL.
fn source(text: &str) -> Vec<Paragraph> {
    let inline = Regex::new("`[^`]*`").unwrap();
    // A quote as a character opens no literal.
    let quote = Regex::new(r#"'\\?"'"#).unwrap();
    let literal = Regex::new(r#"(?s)"((?:[^"\\]|\\.)*)""#).unwrap();
    let continuation = Regex::new(r"\\\n\s*").unwrap();
    let mut paragraphs: Vec<Paragraph> = Vec::new();
    let mut code = String::new();
    let mut joins = false;
    for (index, line) in text.lines().enumerate() {
        let comment = ["///", "//!", "//", "#"].iter().find_map(|mark| line.trim_start().strip_prefix(mark));
        match comment.filter(|text| !text.starts_with(['[', '!'])) {
            None => {
                joins = false;
                code.push_str(&quote.replace_all(line, ""));
            }
            Some(comment) => {
                let comment = inline.replace_all(comment.trim(), "x");
                match paragraphs.last_mut() {
                    Some(last) if joins && !comment.starts_with(['-', '|', '#']) => {
                        last.text.push(' ');
                        last.text.push_str(&comment);
                    }
                    _ => paragraphs.push(Paragraph { line: index + 1, text: comment.clone().into_owned() }),
                }
                joins = !comment.is_empty();
            }
        }
        code.push('\n');
    }
    for found in literal.captures_iter(&code) {
        let whole = found.get(1).unwrap();
        let line = code[..whole.start()].matches('\n').count() + 1;
        paragraphs.push(Paragraph { line, text: continuation.replace_all(whole.as_str(), "").into_owned() });
    }
    paragraphs
}

fn files() -> Vec<(String, String, Vec<Paragraph>)> {
    let mut files: Vec<(String, String)> = PLACES
        .iter()
        .flat_map(|place| read_files_under(place, &[".rs", ".md", ".tmpl", ".tf", ".toml", ".yml", ".yaml", ".snap"]))
        .collect();
    for name in
        ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "Cargo.toml", "deny.toml", "fuzz/README.md"]
    {
        let text = std::fs::read_to_string(crate::repository::root().join(name)).unwrap();
        files.push((name.to_owned(), text));
    }
    // The test below holds phrases on purpose.
    files.retain(|(name, _)| name != file!());
    let read = |(name, text): (String, String)| {
        let is_prose = [".md", ".tmpl", ".snap"].iter().any(|end| name.ends_with(end));
        let paragraphs = if is_prose { markdown(&text) } else { source(&text) };
        (name, text, paragraphs)
    };
    files.into_iter().map(read).collect()
}

struct Rules {
    phrases: RegexSet,
    replacements: Vec<&'static str>,
}

impl Rules {
    fn read() -> Self {
        let lines = RULES.lines().filter(|line| !line.starts_with('#'));
        let (phrases, replacements): (Vec<_>, Vec<_>) = lines.map(|line| line.split_once('\t').unwrap()).unzip();
        Self { phrases: RegexSetBuilder::new(phrases).case_insensitive(true).build().unwrap(), replacements }
    }

    /// The phrases in some paragraphs, each with what to write in its place.
    fn problems(&self, name: &str, paragraphs: &[Paragraph]) -> Vec<String> {
        let problem = |line: &usize, index: usize| {
            format!("{name}:{line}: {}: write {}", self.phrases.patterns()[index], self.replacements[index])
        };
        let of_paragraph = |Paragraph { line, text }: &Paragraph| -> Vec<String> {
            self.phrases.matches(text).into_iter().map(|index| problem(line, index)).collect()
        };
        paragraphs.iter().flat_map(of_paragraph).collect()
    }
}

#[test]
fn prose_uses_the_terms_of_the_field() {
    let rules = Rules::read();
    let files = files();
    assert!(files.len() > 300, "only {} files were read", files.len());
    let problems: Vec<String> =
        files.iter().flat_map(|(name, _, paragraphs)| rules.problems(name, paragraphs)).collect();
    assert!(problems.is_empty(), "{} phrases to replace:\n{}", problems.len(), problems.join("\n"));
}

#[test]
fn sentences_of_the_documentation_are_short() {
    // A part before a colon or a semicolon counts as a sentence.
    let end = Regex::new(r"[.!?:;]\s+|\n|\\n").unwrap();
    let mut problems = Vec::new();
    for (name, _, paragraphs) in files().iter().filter(|(name, ..)| name.ends_with(".md") || name.ends_with(".rs")) {
        for Paragraph { line, text } in paragraphs.iter().filter(|it| !it.text.starts_with('|')) {
            for sentence in end.split(text) {
                let words = sentence.split_whitespace().count();
                if words > MOST_WORDS {
                    problems.push(format!("{name}:{line}: {words} words: {sentence}"));
                }
            }
        }
    }
    assert!(problems.is_empty(), "{} sentences to split:\n{}", problems.len(), problems.join("\n"));
}

/// Prints what to look at with `--nocapture`; a page fails only when the passive voice takes over.
#[test]
fn passive_voice_is_the_exception_in_the_documentation() {
    let end = Regex::new(r"[.!?:;]\s+|\n|\\n").unwrap();
    let passive = RegexBuilder::new(r"\b(is|are|was|were|been|being|be)( not)? \w+(ed|wn|ken|ten|ent|ade)\b")
        .case_insensitive(true)
        .build()
        .unwrap();
    for (name, _, paragraphs) in files().iter().filter(|(name, ..)| name.ends_with(".md")) {
        let sentences: Vec<&str> = paragraphs.iter().flat_map(|it| end.split(&it.text)).collect();
        let found: Vec<&&str> = sentences.iter().filter(|sentence| passive.is_match(sentence)).collect();
        println!("{name}: {} of {} sentences in the passive voice", found.len(), sentences.len());
        for sentence in &found {
            println!("  {sentence}");
        }
        assert!(found.len() * 4 <= sentences.len(), "{name}: name who does it");
    }
}

#[test]
fn lines_of_markdown_fit_the_screen() {
    let mut problems = Vec::new();
    let files = files();
    // A generated page holds each description in one line, so its template is checked instead.
    let is_generated =
        |page: &str| files.iter().any(|(name, ..)| *name == page.replacen("docs", "templates", 1) + ".tmpl");
    let is_markdown = |name: &str| name.ends_with(".tmpl") || (name.ends_with(".md") && !is_generated(name));
    for (name, text, _) in files.iter().filter(|(name, ..)| is_markdown(name)) {
        for (index, line) in text.lines().enumerate() {
            // A table row or a link cannot be wrapped.
            if line.chars().count() > LONGEST_LINE && !line.starts_with('|') && line.contains(' ') {
                problems.push(format!("{name}:{}", index + 1));
            }
        }
    }
    assert!(problems.is_empty(), "lines of more than {LONGEST_LINE} characters:\n{}", problems.join("\n"));
}

#[test]
fn rules_find_a_phrase_that_wraps_in_comments_literals_and_markdown() {
    let rules = Rules::read();
    let rust = "/// They meet in order\n/// to.\nfn f() { g(\"in order \\\n    to\", '\"', \"fine\") }\n";
    assert_eq!(rules.problems("a", &source(rust)).len(), 2);
    let page = "They meet in order\nto.\n\n- `in order to` in code\n\n```\nin order to\n```\n";
    assert_eq!(rules.problems("a", &markdown(page)).len(), 1);
}
