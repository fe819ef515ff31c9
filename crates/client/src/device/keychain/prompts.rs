//! Whether the system may show a prompt, where it allows or forbids all prompts of a process at
//! once. Owns that no silent call shows one, and that a silent call forbids none that the user
//! waits for.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::device::port::Interaction;
use crate::secret_error::SecretError;

/// The calls of one process.
pub(super) struct Prompts {
    /// Locked while a silent call is in progress.
    silent: Mutex<()>,
    /// The number of calls in progress that may prompt.
    prompting: AtomicUsize,
}

/// A call in progress that may prompt, until it is dropped.
struct Prompting<'a>(&'a AtomicUsize);

impl Prompts {
    pub(super) const fn new() -> Self {
        Self { silent: Mutex::new(()), prompting: AtomicUsize::new(0) }
    }

    /// Runs `call`. A silent one runs while the value that `forbid` returns forbids all prompts,
    /// and fails if a prompt may be shown at present.
    pub(super) fn run<T, G>(
        &self,
        interaction: Interaction,
        forbid: impl FnOnce() -> Result<G, SecretError>,
        call: impl FnOnce() -> Result<T, SecretError>,
    ) -> Result<T, SecretError> {
        match interaction {
            Interaction::Silent => {
                let _silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
                if self.prompting.load(Ordering::SeqCst) > 0 {
                    return Err(SecretError::Locked);
                }
                let _forbidden = forbid()?;
                call()
            }
            Interaction::Prompt => {
                self.prompting.fetch_add(1, Ordering::SeqCst);
                let _prompting = Prompting(&self.prompting);
                // The silent call in progress ends first. A later one sees this call.
                drop(self.silent.lock().unwrap_or_else(PoisonError::into_inner));
                call()
            }
        }
    }
}

impl Drop for Prompting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;
    use std::sync::mpsc;

    use super::*;

    /// Whether the system's prompts are forbidden, until the guard is dropped.
    struct Forbidden<'a>(&'a AtomicBool);

    impl<'a> Forbidden<'a> {
        fn new(of: &'a AtomicBool) -> Result<Self, SecretError> {
            assert!(!of.swap(true, Ordering::SeqCst), "forbidden twice");
            Ok(Self(of))
        }
    }

    impl Drop for Forbidden<'_> {
        fn drop(&mut self) {
            self.0.store(false, Ordering::SeqCst);
        }
    }

    #[test]
    fn prompts_are_forbidden_during_a_silent_call_alone() {
        let (prompts, is_forbidden) = (Prompts::new(), AtomicBool::new(false));
        for (interaction, expected) in [(Interaction::Silent, true), (Interaction::Prompt, false)] {
            let call = || Ok(is_forbidden.load(Ordering::SeqCst));
            let run = prompts.run(interaction, || Forbidden::new(&is_forbidden), call);
            assert_eq!(run, Ok(expected));
            assert!(!is_forbidden.load(Ordering::SeqCst), "allowed again");
        }
        let failed = prompts.run(
            Interaction::Silent,
            || Forbidden::new(&is_forbidden),
            || Err::<(), _>(SecretError::Failed),
        );
        assert_eq!(failed, Err(SecretError::Failed));
        assert!(!is_forbidden.load(Ordering::SeqCst), "allowed again after an error");
        let refused = prompts.run(Interaction::Silent, || Err::<(), _>(SecretError::Failed), || Ok(1));
        assert_eq!(refused, Err(SecretError::Failed), "not run while a prompt can be shown");
    }

    #[test]
    fn a_silent_call_forbids_no_prompt_that_is_shown() {
        let (prompts, is_forbidden) = (Prompts::new(), AtomicBool::new(false));
        let run = |interaction| prompts.run(interaction, || Forbidden::new(&is_forbidden), || Ok(()));
        let prompting = || {
            assert_eq!(run(Interaction::Silent), Err(SecretError::Locked));
            assert!(!is_forbidden.load(Ordering::SeqCst));
            Ok(())
        };
        prompts.run(Interaction::Prompt, || Forbidden::new(&is_forbidden), prompting).unwrap();
        assert_eq!(run(Interaction::Silent), Ok(()), "after the prompt");
    }

    #[test]
    fn a_prompt_waits_for_the_silent_call_in_progress() {
        let (prompts, is_forbidden) = (Prompts::new(), AtomicBool::new(false));
        let (started, has_started) = mpsc::channel();
        std::thread::scope(|scope| {
            let silent = || {
                started.send(()).unwrap();
                // Until the prompting call waits, or has gone wrong.
                while prompts.prompting.load(Ordering::SeqCst) == 0 {
                    std::thread::yield_now();
                }
                Ok(())
            };
            let (prompts, is_forbidden) = (&prompts, &is_forbidden);
            scope.spawn(move || prompts.run(Interaction::Silent, || Forbidden::new(is_forbidden), silent));
            has_started.recv().unwrap();
            let forbidden = || Ok(is_forbidden.load(Ordering::SeqCst));
            assert_eq!(prompts.run(Interaction::Prompt, || Ok(()), forbidden), Ok(false));
        });
    }
}
