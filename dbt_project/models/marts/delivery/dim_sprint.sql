select
    sprint.sprint_id,
    sprint.site_id,
    sprint.native_id,
    sprint.board_id,
    board.project_id,
    sprint.sprint_name,
    sprint.state,
    sprint.goal,
    sprint.starts_at,
    sprint.ends_at,
    sprint.completed_at,
    sprint.recorded_at,
    sprint.known_from,
    greatest(sprint._commit_seq, coalesce(board._commit_seq, 0)) as _commit_seq
from {{ ref("stg_jira__sprint") }} as sprint
left join {{ ref("stg_jira__board") }} as board on board.board_id = sprint.board_id
