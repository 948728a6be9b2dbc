{# What a ledger table says last of each subject, model and day: of what is said again, the newest stands. #}
{% macro last_said(table, keys) -%}
    (
        select *
        from {{ source("ledger", table) }}
        qualify
            row_number() over (
                partition by {{ keys }}, as_of_on, model_id
                order by known_from desc, inputs_hash, seed
            )
            = 1
    )
{%- endmacro %}

{# The same of a table of which every change says all rows again, under one hash: the rows of a day's last word,  #}
{# with whether they are those of the newest day up to as_of.                                                     #}
{% macro last_word(table, keys) -%}
    (
        with
            once as (
                select *
                from {{ source("ledger", table) }}
                qualify
                    row_number() over (
                        partition by {{ keys }}, as_of_on, model_id, inputs_hash
                        order by known_from desc, seed
                    )
                    = 1
            ),
            newest as (
                select as_of_on, model_id, inputs_hash, known_from
                from once
                qualify
                    row_number() over (
                        partition by as_of_on, model_id
                        order by known_from desc, inputs_hash
                    )
                    = 1
            ),
            latest as (
                select as_of_on, model_id
                from newest
                where as_of_on <= {{ as_of_day() }}
                order by as_of_on desc, known_from desc, model_id
                limit 1
            )
        select once.*, latest.as_of_on is not null as is_current
        from once
        inner join newest using (as_of_on, model_id, inputs_hash)
        left join latest using (as_of_on, model_id)
    )
{%- endmacro %}

{# Whether a row of `said` is the newest of its subject up to as_of, whichever model said it. #}
{% macro is_newest_of(keys) -%}
    (
        row_number() over (
            partition by {{ keys }}
            order by
                said.as_of_on <= {{ as_of_day() }} desc,
                said.as_of_on desc,
                said.known_from desc,
                said.model_id
        )
        = 1
        and said.as_of_on <= {{ as_of_day() }}
    )
{%- endmacro %}

{# Whether a row of `said` is of the newest day up to as_of on which anything was said of `key`. #}
{% macro is_of_newest_day(key) -%}
    coalesce(
        said.as_of_on
        = max(said.as_of_on) filter (where said.as_of_on <= {{ as_of_day() }}) over (
            partition by {{ key }}
        ),
        false
    )
{%- endmacro %}
