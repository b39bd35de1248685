use super::*;
use crate::config::Selector;
use crate::text::clip;

const WAIT: Duration = Duration::from_secs(10);

fn group() -> Group {
    let on = ["A", "B", "C"].map(|name| Selector::Name(clip(name))).to_vec();
    Group::new(&config::GroupRule {
        name: clip("Wall"),
        on,
        wait: WAIT,
        ..config::GroupRule::default()
    })
}

fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

/// A member at this place with this latency in milliseconds.
fn sight(doing: Doing, item: usize, latency: u64) -> Sight {
    Sight {
        doing,
        item,
        position: Some(Duration::ZERO),
        rounds: 0,
        ended_well: true,
        start: None,
        usual_latency: Some(Duration::from_millis(latency)),
        guard: Duration::from_millis(80),
    }
}

fn conduct(group: &mut Group, sights: [Option<Sight>; 3], now: Instant) -> Option<Instant> {
    group.clear();
    for (place, sight) in sights.into_iter().enumerate() {
        if let Some(sight) = sight {
            group.observe(place, sight);
        }
    }
    group.conduct(now)
}

fn gates(group: &Group) -> [Option<Gate>; 3] {
    [0, 1, 2].map(|place| group.order_for(place).and_then(|order| order.gate))
}

#[test]
fn play_is_sent_earlier_to_slower_members() {
    let mut group = group();
    let [a, b, c] = [900, 100, 300].map(|latency| Some(sight(Doing::Ready, 0, latency)));
    let coming = Some(sight(Doing::Coming, 0, 300));
    assert_eq!(conduct(&mut group, [a, b, coming], at(0)), Some(at(10_000)));
    assert_eq!(gates(&group), [Some(Gate::Load); 3], "none before all have the file");
    assert_eq!(conduct(&mut group, [a, b, c], at(500)), None);
    assert_eq!(gates(&group), [580, 1_380, 1_180].map(|millis| Some(Gate::Play(at(millis)))));
}

#[test]
fn a_missing_member_is_waited_for_once_and_joins_at_the_next_boundary() {
    let mut group = group();
    let [ready, playing, coming] =
        [Doing::Ready, Doing::Playing, Doing::Coming].map(|doing| Some(sight(doing, 0, 100)));
    assert_eq!(conduct(&mut group, [ready, ready, None], at(1_000)), Some(at(11_000)));
    assert_eq!(conduct(&mut group, [ready, ready, None], at(11_000)), None);
    assert!(matches!(gates(&group), [Some(Gate::Play(_)), Some(Gate::Play(_)), None]));
    assert_eq!(conduct(&mut group, [playing, playing, coming], at(15_000)), None);
    assert_eq!(gates(&group), [None, None, Some(Gate::Shut)], "in the middle of a round");
    let ended = |doing| Some(Sight { rounds: 1, ..sight(doing, 1, 100) });
    let next = [ended(Doing::Coming), playing, coming];
    assert_eq!(conduct(&mut group, next, at(60_000)), Some(at(70_000)));
    let joins = Order { gate: Some(Gate::Load), item: Some(1), position: None, passes: false };
    assert_eq!(group.order_for(2), Some(joins), "with the file that comes next");
    let away = [ended(Doing::Ready), ended(Doing::Ready), None];
    assert_eq!(conduct(&mut group, away, at(61_000)), None, "it is not waited for twice");
    assert!(matches!(gates(&group), [Some(Gate::Play(_)), Some(Gate::Play(_)), None]));
}

#[test]
fn a_member_given_up_on_delays_nobody_until_all_start_afresh() {
    let mut group = group();
    let ready = Some(sight(Doing::Ready, 0, 100));
    let _ = conduct(&mut group, [ready, None, None], at(0));
    assert_eq!(conduct(&mut group, [ready, None, None], at(10_000)), None);
    let again = Some(Sight { rounds: 1, ..sight(Doing::Ready, 1, 100) });
    assert_eq!(conduct(&mut group, [again, None, None], at(30_000)), None);
    assert_eq!(gates(&group)[0], Some(Gate::Play(at(30_000))), "at once, and alone");
    assert_eq!(conduct(&mut group, [None, None, None], at(40_000)), None);
    assert_eq!(conduct(&mut group, [again, None, None], at(50_000)), Some(at(60_000)));
}

#[test]
fn a_member_that_ends_much_later_is_left_behind() {
    let mut group = group();
    let [ready, playing] = [Doing::Ready, Doing::Playing].map(|d| Some(sight(d, 0, 100)));
    let taken = Some(sight(Doing::Nothing, 0, 100));
    assert_eq!(conduct(&mut group, [ready, ready, taken], at(0)), None, "nobody waits for it");
    let again = Some(Sight { rounds: 1, ..sight(Doing::Ready, 1, 100) });
    assert_eq!(conduct(&mut group, [again, playing, taken], at(30_000)), Some(at(40_000)));
    assert_eq!(conduct(&mut group, [again, playing, taken], at(40_000)), None);
    assert_eq!(gates(&group), [Some(Gate::Play(at(40_000))), None, None]);
    assert!(group.takes_part(0) && !group.takes_part(1));
}

mod member {
    use super::super::Start;
    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// A round with Play due at `at`, sent `late` ms later, and playback beginning `took` ms after that.
    fn round(member: &mut Member, at: u64, late: u64, took: u64) {
        let at = Instant::START + ms(at);
        let sent = at + ms(late);
        member.part = Some((at, 0));
        member.origin = None;
        member.sight = Some(Sight {
            doing: Doing::Coming,
            item: 0,
            position: Some(Duration::ZERO),
            rounds: 1,
            ended_well: true,
            start: Some(Start { sent, origin: sent + ms(took) }),
            usual_latency: None,
            guard: Duration::ZERO,
        });
        member.learn();
        member.learn();
    }

    #[test]
    fn the_first_round_is_believed_and_later_ones_correct_it() {
        let mut member = Member::default();
        assert_eq!(member.latency(), UNKNOWN_LATENCY);
        round(&mut member, 1_000, 0, 900);
        assert_eq!(member.latency(), ms(900));
        round(&mut member, 20_000, 3, 1_000);
        assert_eq!(member.latency(), ms(950), "the mean, and each round counts once");
        for n in 2..30 {
            round(&mut member, n * 20_000, 0, 1_200);
        }
        assert!(member.latency().abs_diff(ms(1_200)) < ms(5), "{:?}", member.latency());
    }

    #[test]
    fn a_delayed_round_teaches_little_and_a_paused_one_nothing() {
        let mut member = Member::default();
        (0..8).for_each(|n| round(&mut member, n * 20_000, 0, 500));
        round(&mut member, 200_000, 0, 9_000);
        assert!(member.latency() < ms(540), "{:?}", member.latency());
        let before = member.latency();
        round(&mut member, 300_000, 4_000, 20);
        assert_eq!((member.latency(), member.origin), (before, None));
    }
}

mod spread {
    use super::*;

    #[test]
    fn the_spread_is_reported_again_when_its_class_changes() {
        let mut spread = Spread::default();
        let mut told = |millis| {
            spread.take(Instant::START, Instant::from_millis(millis));
            spread.news.take()
        };
        assert_eq!(told(700), Some(700), "the first");
        assert_eq!(told(600), None);
        assert_eq!(told(10), None, "one round does not change the average enough");
        let news: Vec<u32> = (0..20).filter_map(|_| told(10)).collect();
        assert!(matches!(*news, [first, second] if first <= 300 && second <= 50), "{news:?}");
        assert_eq!(told(60), None);
    }
}
