{{ config(materialized="incremental", incremental_strategy="delete+insert", unique_key="issue_id") }}
{% set mark = watermark() if is_incremental() else {} %}

-- Every entry of every changelog, once: embedded lists and overflow pages overlap and
-- are landed again and again.
-- A history's display names are those last seen; known_from is when the history first
-- reached us.
with
    {% if is_incremental() %}
        touched as (
            select issue_id
            from {{ ref("stg_jira__issue") }}
            where _commit_seq > {{ mark["commit_seq"] }}
            union
            select issue_id
            from {{ ref("stg_jira__issue_changelog") }}
            where _commit_seq > {{ mark["commit_seq"] }}
            union
            select issue_id
            from {{ ref("stg_jira__issue") }}
            where
                site_id in (
                    select field.site_id
                    from {{ ref("stg_jira__field") }} as field
                    inner join {{ ref("stg_jira__server") }} as server using (site_id)
                    where
                        field._commit_seq > {{ mark["commit_seq"] }}
                        and server.deployment_type <> 'Cloud'
                )
        ),
    {% endif %}
    -- `seen` orders what was landed: by when it reached us, then by version and place
    landed as {{ "not materialized" if not is_incremental() }} (
        {% for told in ["stg_jira__issue", "stg_jira__issue_changelog"] %}
            select
                issue_id,
                site_id,
                known_from,
                unnest(histories) as history,
                (epoch_ms(known_from)::hugeint * 18446744073709551616 + _version_id)
                * 1048576
                + generate_subscripts(histories, 1) as seen
            from {{ ref(told) }}
            where {{ only_touched() }} {{ "union all" if not loop.last }}
        {% endfor %}
    ),
    -- histories themselves stay out of the grouping: copying them is what costs
    newest as (
        select max(seen) as seen, min(known_from) as known_from
        from landed
        where history.id is not null
        group by issue_id, history.id
    ),
    once as (
        select
            landed.issue_id,
            landed.site_id,
            landed.history.id as history_id,
            newest.known_from,
            landed.history
        from landed
        inner join newest using (seen)
    ),
    item as (
        select
            * exclude (history),
            {{ utc("history.created") }} as changed_at,
            site_id || ':' || {{ account("history.author") }} as author_id,
            coalesce(
                history.historymetadata.type = 'reconstructed', false
            ) as is_reconstructed,
            unnest(history.items) as item,
            generate_subscripts(history.items, 1) - 1 as item_index
        from once
    ),
    -- Data Center's histories name custom fields only as they are shown; a name that
    -- several fields share says nothing
    custom as (
        select field.site_id, field.field_name, min(field.field_id) as field_id
        from {{ ref("stg_jira__field") }} as field
        inner join {{ ref("stg_jira__server") }} as server using (site_id)
        where
            field.is_custom
            and not field.is_deleted
            and server.deployment_type <> 'Cloud'
        group by all
        having count(distinct field.field_id) = 1
    ),
    named as (
        select
            item.site_id
            || ':'
            || item.history_id
            || ':'
            || item.item_index as change_id,
            item.issue_id,
            coalesce(
                nullif(item.item.fieldid, ''),
                named.field_id,
                custom.field_id,
                item.item.field
            ) as field_id,
            item.item.field as field_name,
            coalesce(named.is_set, false) as is_set,
            nullif(item.item."from", '') as from_id,
            nullif({{ readable("item.item.fromstring") }}, '') as from_value,
            nullif(item.item."to", '') as to_id,
            nullif({{ readable("item.item.tostring") }}, '') as to_value,
            item.changed_at,
            item.author_id,
            item.is_reconstructed,
            item.known_from,
            try_cast(item.history_id as bigint) as _history_number,
            item.item_index as _item_index
        from item
        left join
            {{ ref("changelog_field_default") }} as named
            on named.changelog_field = item.item.field
        left join
            custom
            on item.item.fieldtype = 'custom'
            and coalesce(item.item.fieldid, '') = ''
            and custom.site_id = item.site_id
            and custom.field_name = item.item.field
        where item.changed_at is not null
    )
select
    *,
    lead(changed_at) over chain as next_changed_at,
    row_number() over chain as _position,
    {{ tide([ref("stg_jira__issue"), ref("stg_jira__issue_changelog"), ref("stg_jira__field")]) }}
    as _commit_seq
from named
window
    chain as (
        partition by issue_id, field_id
        order by changed_at, _history_number, _item_index, change_id
    )
