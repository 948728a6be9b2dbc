{{ config(materialized="incremental", incremental_strategy="delete+insert", unique_key="issue_id") }}
{% set mark = watermark() if is_incremental() else {} %}

-- One row an issue, also where it has none of it: its comments and files as its newest
-- version lists them, so what was removed there is gone here.
-- A list that came whole speaks for itself; one that came short is joined with what was
-- fetched of it last.
with
    {% if is_incremental() %}
        touched as (
            select issue_id
            from {{ ref("int_delivery__issue_current") }}
            where _commit_seq > {{ mark["commit_seq"] }}
            union
            select issue_id
            from {{ ref("stg_jira__issue_comment") }}
            where _commit_seq > {{ mark["commit_seq"] }}
        ),
    {% endif %}
    issue as (
        select
            issue_id,
            site_id,
            project_id,
            attachments,
            comment_list,
            coalesce(len(comment_list.comments), 0)
            < coalesce(comment_list.total, 1) as is_short
        from {{ ref("int_delivery__issue_current") }}
        where {{ only_touched() }}
    ),
    fetched as (
        select issue_id, flatten(list(comments order by native_id)) as comments
        from
            (
                select *
                from {{ ref("stg_jira__issue_comment") }}
                where {{ only_touched() }}
                qualify
                    rank() over (
                        partition by issue_id order by known_from desc, _sync_id desc
                    )
                    = 1
            )
        group by issue_id
    ),
    listed as (
        select issue_id, unnest(comment_list.comments) as comment
        from issue
        union all
        select issue_id, unnest(fetched.comments)
        from fetched
        inner join issue using (issue_id)
        where is_short
    ),
    once as (
        select distinct on (issue_id, comment.id) issue_id, comment
        from listed
        where comment.id is not null
        order by issue_id, comment.id, comment.updated desc, comment::varchar
    ),
    spoken as (
        select
            issue_id,
            list(
                {
                    'id':comment.id,
                    'author_id':{{ account("comment.author") }},
                    'created_at':{{ utc("comment.created") }},
                    'updated_at':{{ utc("comment.updated") }},
                    'body':{{ text_of("comment.body") }},
                    'document':comment.body
                }
                order by comment.created, try_cast(comment.id as bigint), comment.id
            ) as comments
        from once
        group by issue_id
    )
select
    issue.issue_id,
    issue.site_id,
    issue.project_id,
    spoken.comments,
    issue.attachments,
    {{ tide([ref("int_delivery__issue_current"), ref("stg_jira__issue_comment")]) }}
    as _commit_seq
from issue
left join spoken using (issue_id)
