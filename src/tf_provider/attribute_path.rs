//! Paths to values in blocks, objects and collections.

use std::fmt;

/// The path to a value in a configuration block, state or plan.
///
/// Displays as a Terraform reference: `timeouts.create`, `triggers["a"]`, `offsets[0].lag`. The root displays as an
/// empty text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct AttributePath(Vec<Step>);

/// One step of an [`AttributePath`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// The attribute or nested block with this name.
    Attribute(String),
    /// The element of a map with this key.
    Key(String),
    /// The element of a list, or the nested block, with this index, which starts at 0. In errors about a set, the index
    /// is the position in the decoded data.
    Index(i64),
}

impl AttributePath {
    /// The path of the whole block or object.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// The path of the attribute or nested block `name` of the root.
    pub fn attribute(name: impl Into<String>) -> Self {
        Self(vec![Step::Attribute(name.into())])
    }

    /// The steps, starting at the root.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Whether this is the path of the whole block or object.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// This path followed by `step`.
    #[must_use]
    pub fn then(&self, step: Step) -> Self {
        Self([self.steps(), &[step]].concat())
    }

    /// This path followed by the attribute `name`.
    #[must_use]
    pub fn child_attribute(&self, name: impl Into<String>) -> Self {
        self.then(Step::Attribute(name.into()))
    }

    /// This path followed by the map element `key`.
    #[must_use]
    pub fn child_key(&self, key: impl Into<String>) -> Self {
        self.then(Step::Key(key.into()))
    }

    /// This path followed by the list element `index`.
    #[must_use]
    pub fn child_index(&self, index: i64) -> Self {
        self.then(Step::Index(index))
    }

    /// Inserts `step` before the first step. With this, a recursive decoder only builds the path of an error.
    pub(in crate::tf_provider) fn prepend(&mut self, step: Step) {
        self.0.insert(0, step);
    }
}

impl FromIterator<Step> for AttributePath {
    fn from_iter<I: IntoIterator<Item = Step>>(steps: I) -> Self {
        Self(steps.into_iter().collect())
    }
}

impl fmt::Display for AttributePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Attribute(name) if position == 0 => f.write_str(name)?,
                Step::Attribute(name) => write!(f, ".{name}")?,
                Step::Key(key) => write!(f, "[{key:?}]")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_displays_as_a_reference() {
        let root = AttributePath::root();
        assert_eq!(root.to_string(), "");
        assert_eq!(root.child_attribute("timeouts").child_attribute("create").to_string(), "timeouts.create");
        let triggers = AttributePath::attribute("triggers");
        assert_eq!(triggers.child_key("a").to_string(), r#"triggers["a"]"#);
        assert_eq!(triggers.child_key("a\"\n").to_string(), r#"triggers["a\"\n"]"#);
        let offsets = AttributePath::attribute("offsets");
        assert_eq!(offsets.child_index(0).child_attribute("lag").to_string(), "offsets[0].lag");
        assert_eq!(root.child_key("a").to_string(), r#"["a"]"#);
    }

    #[test]
    fn prepend_inserts_the_first_step() {
        let mut path = AttributePath::attribute("lag");
        path.prepend(Step::Index(3));
        path.prepend(Step::Attribute("offsets".into()));
        assert_eq!(path.to_string(), "offsets[3].lag");
        assert_eq!(path.steps().len(), 3);
        assert!(!path.is_root());
        assert!(AttributePath::root().is_root());
    }
}
