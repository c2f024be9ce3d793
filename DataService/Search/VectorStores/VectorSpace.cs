using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace AiMesh.DataService.Search.VectorStores;

/// <summary>
/// Where the vectors of one field of one dataset are: a collection, class or namespace of their own, so that what a field holds changes nothing in
/// what is found in another. Each vector says its organisation and dataset too, and each search asks for them.
/// </summary>
internal sealed record VectorSpace
{
    private VectorSpace(string name, string organisation, string dataset) => (Name, Organisation, Dataset) = (name, organisation, dataset);

    /// <summary>Letters, digits and underscores, beginning with a capital.</summary>
    public string Name { get; }

    public string Organisation { get; }

    /// <summary>The number that the database gave the dataset.</summary>
    public string Dataset { get; }

    public static VectorSpace Of(string prefix, IndexCopy copy, string field)
    {
        var dataset = copy.DatasetId.ToString(CultureInfo.InvariantCulture);
        var owner = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{copy.Organisation}/{dataset}")).AsSpan(0, 6));
        return new VectorSpace(string.Create(CultureInfo.InvariantCulture, $"{prefix}_{field}_{owner}_{copy.Id}"), copy.Organisation, dataset);
    }

    /// <summary>The id of a passage's vector.</summary>
    public Guid IdOf(string item, int ordinal) =>
        new(SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Name}/{item}/{ordinal}"))).AsSpan(0, 16), bigEndian: true);

    /// <summary>Whether what a store answered is of this space.</summary>
    public bool Owns(string? organisation, string? dataset) => organisation == Organisation && dataset == Dataset;
}

/// <summary>A copy of a dataset's vectors in a store.</summary>
/// <param name="Id">Never used again, also where a dataset is searched anew.</param>
/// <param name="Organisation">Whose it is.</param>
/// <param name="DatasetId">Of the dataset.</param>
/// <param name="Store">Name of the store.</param>
internal sealed record IndexCopy(long Id, string Organisation, long DatasetId, string Store);
