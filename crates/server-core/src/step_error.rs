//! What the errors of the steps of a sign-in have in common: how they are made from those of the
//! parts that every step uses.

/// Makes an error with the variants `Sign`, `Seal`, `Database` and `TooManyAttempts` from the
/// errors of a session's start, of a challenge and of the throttle.
macro_rules! step_error {
    ($error:ty) => {
        impl From<$crate::session_start::StartError> for $error {
            fn from(error: $crate::session_start::StartError) -> Self {
                use $crate::session_start::StartError;
                match error {
                    StartError::Sign(error) => Self::Sign(error),
                    StartError::Database(error) => Self::Database(error),
                }
            }
        }

        impl From<$crate::challenge::ChallengeError> for $error {
            fn from(error: $crate::challenge::ChallengeError) -> Self {
                use $crate::challenge::ChallengeError;
                match error {
                    ChallengeError::Seal(error) => Self::Seal(error),
                    ChallengeError::Database(error) => Self::Database(error),
                }
            }
        }

        impl From<$crate::throttle::ThrottleError> for $error {
            fn from(error: $crate::throttle::ThrottleError) -> Self {
                use $crate::throttle::ThrottleError;
                match error {
                    ThrottleError::Wait { seconds } => Self::TooManyAttempts { seconds },
                    ThrottleError::Database(error) => Self::Database(error),
                }
            }
        }

        impl $crate::database::TransactionError for $error {
            fn database(&self) -> Option<&$crate::database::DatabaseError> {
                match self {
                    Self::Database(error) => Some(error),
                    _ => None,
                }
            }
        }
    };
}

pub(crate) use step_error;
