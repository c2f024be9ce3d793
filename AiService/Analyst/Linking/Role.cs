namespace AiMesh.AiService.Analyst.Linking;

/// <summary>What a word or phrase does in a question.</summary>
internal enum Role
{
    /// <summary>Means nothing by itself: "please", "the".</summary>
    Filler,

    /// <summary>Not understood. A question that keeps one of these is not answered.</summary>
    Unknown,

    /// <summary>An operation that is understood and not offered, such as "correlation".</summary>
    Unsupported,

    Count,
    Sum,
    Average,
    Median,
    Percent,
    Distinct,
    Describe,

    Highest,
    Lowest,
    Top,
    Bottom,
    Common,
    Rare,

    Per,
    By,
    Sort,
    Ascending,
    Descending,

    Which,
    What,
    Who,
    When,
    Where,
    List,
    Is,
    Exists,
    Have,
    Without,
    Not,
    And,
    Or,

    Between,
    From,
    To,
    More,
    Less,
    AtLeast,
    AtMost,
    OrMore,
    OrLess,
    Exactly,
    Than,
    Since,
    Before,
    After,
    Until,
    In,
    Of,
    About,

    /// <summary>"last 24 hours": counted back from now.</summary>
    Last,

    /// <summary>"year", "month", "day", "decade" as a unit.</summary>
    Period,

    /// <summary>An adjective that hints at a field, such as "longest".</summary>
    Hint,

    /// <summary>"rows", "records", "ones".</summary>
    Row,

    /// <summary>A unit after a number, such as "minutes".</summary>
    Unit,
}
