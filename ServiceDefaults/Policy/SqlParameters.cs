namespace AiMesh.ServiceDefaults.Policy;

/// <summary>Values of the positional parameters $1, $2, … of one SQL statement, in order.</summary>
public sealed class SqlParameters
{
    private readonly List<SqlParameter> _values = [];

    /// <summary>What has been added so far.</summary>
    public IReadOnlyList<SqlParameter> Values => _values;

    /// <summary>Adds a value that no filter or rule can hold, for the statement around them.</summary>
    /// <param name="value">In a CLR type that says what the database takes it as.</param>
    public string AddOther(object value) => Add(value, default);

    /// <summary>Adds a value and returns its place in the text ("$3").</summary>
    /// <param name="value">In the CLR type of <paramref name="type"/>; null is SQL's NULL.</param>
    /// <param name="type">Names the type in which the database takes it: text, bigint, double precision, boolean or text[].</param>
    public string Add(object? value, PolicyType type)
    {
        _values.Add(new SqlParameter(value, type));
        return $"${_values.Count}";
    }
}

/// <summary>One value of <see cref="SqlParameters"/>.</summary>
public readonly record struct SqlParameter(object? Value, PolicyType Type);
