using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Policy;
using Action = AiMesh.Data.V1.RowRule.Types.Action;

namespace AiMesh.DataService.Datasets;

/// <summary>
/// Tells apart what callers may see. Made of the very text and values that decide over rows, so that whatever a rule looks at is in it, and what none
/// looks at is not: two callers with the same fingerprint see the same rows and fields.
/// </summary>
internal sealed class Fingerprint : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>Of everything that the caller may read in a dataset.</summary>
    public static string Of(DatasetView view, Principal principal)
    {
        using var fingerprint = new Fingerprint();
        var parameters = new SqlParameters();
        fingerprint.Add(view).Add(PolicySql.ForQuery(view.Condition(Action.Read), principal.Caller(), parameters));

        // Not the names of what is hidden: another hidden field is nothing that the caller may notice.
        foreach (var (_, field) in view.Restricted.OrderBy(r => r.Key, StringComparer.Ordinal)) fingerprint.Add(field.Sql(principal.Caller(), parameters));
        return fingerprint.Add(parameters).ToString();
    }

    /// <summary>Each text with its length, so that no two sequences look alike.</summary>
    public Fingerprint Add(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
        _hash.AppendData(length);
        _hash.AppendData(bytes);
        return this;
    }

    public Fingerprint Add(long number) => Add(number.ToString(CultureInfo.InvariantCulture));

    public Fingerprint Add(DatasetView view)
    {
        Add(view.Dataset.Id).Add(view.SeesAll ? 1 : 0).Add(view.Fields.Length);
        foreach (var field in view.Fields) Add(field.Name).Add((long)field.Type);
        foreach (var (name, field) in view.Restricted.OrderBy(r => r.Key, StringComparer.Ordinal))
        {
            Add(name).Add((long)field.Field.PersonalKind).Add(field.Cases.Length);
            foreach (var one in field.Cases) Add((long)one.Mask);
        }

        return this;
    }

    public Fingerprint Add(SqlParameters parameters)
    {
        Add(parameters.Values.Count);
        foreach (var (value, type) in parameters.Values)
        {
            Add((long)type).Add(value?.GetType().Name ?? "");
            if (value is string[] list) Add(list);
            else Add(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "");
        }

        return this;
    }

    public Fingerprint Add(IReadOnlyCollection<string> list)
    {
        Add(list.Count);
        foreach (var element in list) Add(element);
        return this;
    }

    public override string ToString() => Base64Url.EncodeToString(_hash.GetCurrentHash());

    public void Dispose() => _hash.Dispose();
}
