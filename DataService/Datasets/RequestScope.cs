using System.Runtime.CompilerServices;
using System.Text.Json;
using AiMesh.DataService.Stores;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Policy;
using Npgsql;
using NpgsqlTypes;

namespace AiMesh.DataService.Datasets;

/// <summary>
/// The first command of every batch: tells row-level security who asks, and stops the batch with <see cref="DefinitionChangedState"/> where
/// the definition is another one by now. A batch without explicit transaction is one transaction, so the settings last exactly as
/// long as the commands that follow in it.
/// </summary>
internal static class RequestScope
{
    // One principal serves many requests (verified tokens are cached), so its JSON is written once.
    private static readonly ConditionalWeakTable<Principal, Texts> Written = [];

    public const string DefinitionChangedState = "AM001";

    /// <summary>For work on the items of a dataset.</summary>
    /// <exception cref="MeshException">FAILED_PRECONDITION: the items are in another store, and what was asked for takes SQL.</exception>
    public static NpgsqlBatchCommand Enter(Principal principal, CompiledDataset dataset, bool writes) => dataset.IsElsewhere
        ? throw new MeshException(StoreLacks.This)
        : EnterElsewhere(principal, dataset, writes);

    /// <summary>For work on the items of a dataset that are in another store.</summary>
    /// <exception cref="MeshException">FAILED_PRECONDITION: nothing is written while the items are being moved. Whoever does not know of that has an old version.</exception>
    public static NpgsqlBatchCommand EnterElsewhere(Principal principal, CompiledDataset dataset, bool writes) => writes && dataset.Definition.Migrating
        ? throw new MeshException(new DatasetMigrating())
        : Enter(principal, dataset.Id, dataset.Version, writes);

    /// <summary>For work on definitions.</summary>
    public static NpgsqlBatchCommand Enter(Principal principal) => Enter(principal, 0, 0, writes: true);

    private static NpgsqlBatchCommand Enter(Principal principal, long datasetId, long version, bool writes)
    {
        var texts = Written.GetValue(principal, static p => new Texts(JsonSerializer.Serialize(p.Roles), JsonSerializer.Serialize<IDictionary<string, string>>(p.Attributes)));
        return new NpgsqlBatchCommand("SELECT enter($1, $2, $3, $4, $5, $6, $7)")
        {
            Parameters =
            {
                new NpgsqlParameter<string> { TypedValue = principal.Organisation },
                new NpgsqlParameter<string> { TypedValue = principal.Subject },
                new NpgsqlParameter<string> { TypedValue = texts.Roles },
                new NpgsqlParameter<string> { TypedValue = texts.Attributes },
                new NpgsqlParameter<long> { TypedValue = datasetId },
                new NpgsqlParameter<long> { TypedValue = version },
                new NpgsqlParameter<bool> { TypedValue = writes },
            },
        };
    }

    public static PolicyCaller Caller(this Principal principal) => new(principal.Subject, principal.Organisation, principal.Attributes);

    /// <summary>A command whose text refers to the parameters as $1, $2, …</summary>
    public static NpgsqlBatchCommand Command(string sql, SqlParameters parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var (value, type) in parameters.Values) command.Parameters.Add(Parameter(value, type));
        return command;
    }

    private static NpgsqlParameter Parameter(object? value, PolicyType type) => value switch
    {
        long integer => new NpgsqlParameter<long> { TypedValue = integer },
        double number => new NpgsqlParameter<double> { TypedValue = number },
        bool truth => new NpgsqlParameter<bool> { TypedValue = truth },
        string text => new NpgsqlParameter<string> { TypedValue = text },
        string[] list => new NpgsqlParameter<string[]> { TypedValue = list, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
        DateTime time => new NpgsqlParameter<DateTime> { TypedValue = time },
        Guid id => new NpgsqlParameter<Guid> { TypedValue = id },
        Jsonb json => new NpgsqlParameter<byte[]> { TypedValue = json.Utf8, NpgsqlDbType = NpgsqlDbType.Jsonb },
        null => new NpgsqlParameter
        {
            Value = DBNull.Value,
            NpgsqlDbType = type switch
            {
                PolicyType.WholeNumber => NpgsqlDbType.Bigint,
                PolicyType.Number => NpgsqlDbType.Double,
                PolicyType.Boolean => NpgsqlDbType.Boolean,
                _ => NpgsqlDbType.Text,
            },
        },
        _ => throw new ArgumentOutOfRangeException(nameof(value), value, "Not a value of a parameter."),
    };

    private sealed record Texts(string Roles, string Attributes);
}

/// <summary>JSON as a parameter of type jsonb.</summary>
internal sealed record Jsonb(byte[] Utf8);
