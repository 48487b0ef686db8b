//! One's own sender chains: when a new one begins, and how everybody gets it.

use crate::sorted::{Map, Set};

use super::Group;
use super::outgoing::Urgency;
use super::records::{Distribution, Touched};
use crate::client::batch::Step;
use crate::ids::{ChainId, MILLIS_PER_DAY, MemberId};
use crate::membership::heads_hash;
use crate::pairwise::PairwiseKind;
use crate::sender_keys::{ChainScope, OwnChain, SealedDistribution};
use crate::wire::limits;

/// Own chains whose sealed distribution messages are kept for resending: a week of daily rotation.
const MAX_DISTRIBUTIONS: usize = 8;
/// How long a former chain's first key is kept for members whose prekeys are unknown, in milliseconds: as long as relays
/// keep its messages.
const MAX_RETIRING: u64 = 7 * MILLIS_PER_DAY;

impl Group {
    /// Makes sure that one's own chain is for the present roster and still young, and that everybody has it.
    pub(super) fn prepare_chain(&mut self, step: &mut Step<'_>) {
        let roster_hash = self.log.state().roster_hash();
        let usable = self.own.as_ref().is_some_and(|own| {
            own.scope().roster_hash == roster_hash
                && !own.needs_rotation(step.now)
                && self.stands_for_roster(own.scope())
        });
        if !usable {
            self.rotate(step);
        }
        self.distribute(step);
    }

    /// Whether receivers can tell the roster by the heads that the chain names. Where there were more than one may name,
    /// those that were chosen may say too little; as the log grows together, a new chain can name better ones.
    fn stands_for_roster(&self, scope: &ChainScope) -> bool {
        scope.heads.len() < limits::MAX_DEPS
            || self
                .log
                .state_at(&scope.heads)
                .is_some_and(|then| then.roster_hash() == scope.roster_hash)
    }

    /// Starts a new chain. Its distribution messages follow with [`Group::distribute`].
    fn rotate(&mut self, step: &mut Step<'_>) {
        self.retire_chain();
        self.meta.generation += 1;
        let heads = self.log.few_heads();
        let scope = ChainScope {
            group: self.id,
            sender: self.me,
            generation: self.meta.generation,
            roster_hash: self.log.state().roster_hash(),
            heads_hash: heads_hash(&heads),
            heads,
        };
        let own = OwnChain::new(scope, step.now, step.rng);
        self.distributions.insert(
            own.id(),
            Distribution {
                generation: self.meta.generation,
                created: step.now,
                sealed: Map::new(),
                acked: Set::new(),
            },
        );
        self.touch(Touched::Distribution(own.id()));
        self.own = Some(own);
        self.touch(Touched::OwnChain);
        self.touch(Touched::Meta);
        while self.distributions.len() > MAX_DISTRIBUTIONS {
            let oldest = self
                .distributions
                .iter()
                .min_by_key(|(_, it)| it.generation)
                .map(|(id, _)| *id);
            let Some(oldest) = oldest else { break };
            self.distributions.remove(&oldest);
            self.touch(Touched::Distribution(oldest));
        }
    }

    /// Stops using the current chain. While somebody for whom it was made still has to get it, its first key is kept.
    pub(super) fn retire_chain(&mut self) {
        let Some(own) = self.own.take() else { return };
        self.touch(Touched::OwnChain);
        if !own.is_distributed() && own.next_index() > 0 {
            self.touch(Touched::Retiring(own.id()));
            self.retiring.insert(own.id(), own);
        }
    }

    /// Hands chains to every present member that they were made for, that lacks them, and whose prekeys are known.
    pub(super) fn distribute(&mut self, step: &mut Step<'_>) {
        if let Some(mut own) = self.own.take() {
            if !own.is_distributed() && self.distribute_chain(&own, step) {
                own.finish_distribution();
                self.touch(Touched::OwnChain);
            }
            self.own = Some(own);
        }
        for (id, chain) in core::mem::take(&mut self.retiring) {
            let over = step.now.since(chain.created()) >= MAX_RETIRING;
            if over || self.distribute_chain(&chain, step) {
                self.touch(Touched::Retiring(id));
            } else {
                self.retiring.insert(id, chain);
            }
        }
    }

    /// True once everybody who still needs the chain has been sent it.
    fn distribute_chain(&mut self, chain: &OwnChain, step: &mut Step<'_>) -> bool {
        let id = chain.id();
        let Some(made_for) = self.log.state_at(&chain.scope().heads) else {
            return false;
        };
        let others = self
            .others()
            .into_iter()
            .filter(|member| made_for.members.contains_key(member));
        let mut complete = true;
        for member in others.collect::<Vec<_>>() {
            let Some(distribution) = self.distributions.get(&id) else {
                return true;
            };
            if distribution.sealed.contains_key(&member) {
                continue;
            }
            let known = self.prekeys.get(&member);
            let sealed =
                known.and_then(|known| chain.seal_distribution(&known.open.xwing, step.rng).ok());
            let Some(sealed) = sealed else {
                complete = false;
                continue;
            };
            if let Some(distribution) = self.distributions.get_mut(&id) {
                distribution.sealed.insert(member, sealed.into());
            }
            self.touch(Touched::Distribution(id));
            self.send_distribution(id, member, step);
        }
        complete
    }

    /// Sends (again) the sealed distribution message that was made for a member.
    pub(super) fn send_distribution(
        &mut self,
        chain: ChainId,
        member: MemberId,
        step: &mut Step<'_>,
    ) {
        let distribution = self.distributions.get(&chain);
        let sealed = distribution.and_then(|distribution| distribution.sealed.get(&member));
        let Some(sealed) = sealed.map(|sealed| sealed.to_vec()) else {
            return;
        };
        let body = SealedDistribution { chain, sealed }.encode();
        self.send_pairwise(member, PairwiseKind::Skdm, &body, Urgency::Queued, step);
    }
}
