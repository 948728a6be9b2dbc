{# What Jira Cloud and Jira Data Center word differently, read in one place. #}
{# Who a person is: the account on Cloud, the user key on Data Center. #}
{% macro account(person) -%}
    coalesce({{ person }}.accountid, {{ person }}.key)
{%- endmacro %}

{# A person as issues name one, in Cloud's words. #}
{% macro person(field) -%}
    {
        'account_id':{{ account(field) }},
        'display_name':{{ field }}.displayname,
        'email_address':{{ field }}.emailaddress
    }
{%- endmacro %}

{# The sprints of an issue. Older servers print them as Java does, nothing escaped: the id stands first (or last, on  #}
{# the oldest), the name goes on to the start date (or to the goal, where that comes before it), whatever it holds.   #}
{% macro sprints(value) -%}
    if(
        starts_with({{ value }}, '["'),
        list_transform(
            from_json({{ value }}, '["VARCHAR"]'),
            lambda sprint: {
                'id':coalesce(
                    nullif(regexp_extract(sprint, '\[id=(\d+),', 1), ''),
                    nullif(regexp_extract(sprint, ',id=(\d+)\]$', 1), '')
                ),
                'name':nullif(
                    regexp_extract(
                        sprint,
                        '(?s),state=\w+,name=(.*?)(?:,goal=.*?)?,startDate=(?:<null>|\d{4}-\d\d-\d\dT[^,]*),endDate=',
                        1
                    ),
                    ''
                )
            }
        ),
        from_json({{ value }}, '[{"id":"VARCHAR","name":"VARCHAR"}]')
    )
{%- endmacro %}
