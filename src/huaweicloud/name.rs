//! Names and ids as types: a text that was checked once, and is kept as it is.

/// Most characters of a name that a message holds. Kafka's names are shorter.
pub(super) const SHOWN: usize = 300;

/// Makes a type that holds a checked text. The check gives the whole message about a text that can't be taken.
macro_rules! name {
    ($(#[$documentation:meta])* $type:ident, $check:expr) => {
        $(#[$documentation])*
        #[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $type(String);

        impl $type {
            /// # Errors
            /// [`ErrorKind::Config`](crate::huaweicloud::ErrorKind::Config): says what is wrong with the text.
            pub fn parse(text: &str) -> Result<Self, crate::huaweicloud::Error> {
                let check: fn(&str) -> Result<(), String> = $check;
                match check(text) {
                    Ok(()) => Ok(Self(text.to_owned())),
                    Err(why) => Err(crate::huaweicloud::Error::new(crate::huaweicloud::ErrorKind::Config, why)),
                }
            }

            /// The text, not encoded.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&crate::huaweicloud::error::safe(&self.0, crate::huaweicloud::name::SHOWN))
            }
        }
    };
}

pub(super) use name;
