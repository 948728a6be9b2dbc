-- Running sums of plus and minus ones, one row where something moved: the counts hold
-- until the next row. What a team holds is cut where its memberships begin and end;
-- what is done stays with whom it was done by.
{% set states = ["to_do", "in_progress", "done", "cancelled"] %}
with
    called as (
        select
            step.*,
            named.team_id as named_team_id,
            if(named.team_id is null, step.assignee_id, null) as holder_id,
            if(
                to_state in ('to_do', 'in_progress'),
                coalesce(until_on, date '9999-12-31'),
                flow_on
            ) as held_until_on
        from {{ ref("int_delivery__flow_step") }} as step
        left join
            {{ ref("int_resource__team_holder") }} as named
            on named.holder_id = 'team ' || step.team_label
    ),
    piece as (
        select
            called.*,
            coalesce(named_team_id, held.team_id, 'none') as team_id,
            greatest(called.flow_on, held.starts_on) as from_on,
            -- null while it lasts
            if(held.ends_on < held_until_on, held.ends_on, called.until_on) as to_on,
            called.flow_on >= coalesce(held.starts_on, called.flow_on) as is_event,
            greatest(called.recorded_at, held.recorded_at) as from_recorded_at,
            greatest(called.known_from, held.known_from) as from_known_from,
            greatest(called.until_recorded_at, held.recorded_at) as to_recorded_at,
            greatest(called.until_known_from, held.known_from) as to_known_from
        from called
        left join
            {{ ref("int_resource__team_holder") }} as held
            on held.holder_id = called.holder_id
            and held.starts_on < greatest(held_until_on, called.flow_on + 1)
            and held.ends_on > called.flow_on
    ),
    delta as (
        select
            project_id,
            issue_type,
            team_id,
            from_on as flow_on,
            to_state,
            1 as turn,
            (is_event and from_state = 'none')::int as arrived,
            (is_event and is_first_start)::int as started,
            (is_event and is_completion)::int as completed,
            from_recorded_at as recorded_at,
            from_known_from as known_from
        from piece
        union all
        select
            project_id,
            issue_type,
            team_id,
            to_on,
            to_state,
            -1,
            0,
            0,
            0,
            to_recorded_at,
            to_known_from
        from piece
        where to_on is not null
    ),
    daily as (
        select
            project_id,
            issue_type,
            team_id,
            flow_on,
            sum(arrived)::bigint as arrived,
            sum(started)::bigint as started,
            sum(completed)::bigint as completed,
            {% for state in states -%}
                coalesce(sum(turn) filter (where to_state = '{{ state }}'), 0)::bigint
                as {{ state }},
            {% endfor -%}
            max(recorded_at) as recorded_at,
            max(known_from) as known_from
        from delta
        group by all
    )
select
    project_id,
    issue_type,
    team_id,
    flow_on,
    (lead(flow_on) over days - interval 1 day)::date as holds_to_on,
    arrived as arrived_count,
    started as started_count,
    completed as completed_count,
    {% for state in states -%}
        (sum({{ state }}) over so_far)::bigint as {{ state }}_count,
    {% endfor -%}
    max(recorded_at) over so_far as recorded_at,
    max(known_from) over so_far as known_from
from daily
where
    arrived + started + completed > 0
    {% for state in states %} or {{ state }} <> 0 {% endfor %}
window
    days as (partition by project_id, issue_type, team_id order by flow_on),
    so_far as (
        partition by project_id, issue_type, team_id
        order by flow_on
        rows between unbounded preceding and current row
    )
