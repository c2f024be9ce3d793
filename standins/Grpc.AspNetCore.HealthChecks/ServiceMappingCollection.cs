using System.Collections;

namespace Grpc.AspNetCore.HealthChecks;

/// <summary>Services by name, with the health checks that speak for each.</summary>
public sealed class ServiceMappingCollection : ICollection<ServiceMapping>
{
    private readonly Dictionary<string, ServiceMapping> _mappings = new(StringComparer.Ordinal);

    /// <inheritdoc />
    public int Count => _mappings.Count;

    bool ICollection<ServiceMapping>.IsReadOnly => false;

    /// <summary>Lets the checks that the function chooses speak for a service, in place of what was mapped before.</summary>
    public void Map(string name, Func<HealthCheckMapContext, bool> predicate) => _mappings[name] = new ServiceMapping(name, predicate);

    /// <summary>Adds a service.</summary>
    /// <exception cref="ArgumentException">The service is mapped already.</exception>
    public void Add(ServiceMapping service)
    {
        ArgumentNullException.ThrowIfNull(service);
        _mappings.Add(service.Name, service);
    }

    /// <summary>Takes a service out.</summary>
    public void Remove(string name) => _mappings.Remove(name);

    /// <inheritdoc />
    public void Clear() => _mappings.Clear();

    /// <inheritdoc />
    public IEnumerator<ServiceMapping> GetEnumerator() => _mappings.Values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    bool ICollection<ServiceMapping>.Contains(ServiceMapping item) => _mappings.ContainsValue(item);

    void ICollection<ServiceMapping>.CopyTo(ServiceMapping[] array, int arrayIndex) => _mappings.Values.CopyTo(array, arrayIndex);

    bool ICollection<ServiceMapping>.Remove(ServiceMapping item) => Find(item.Name) == item && _mappings.Remove(item.Name);

    internal ServiceMapping? Find(string name) => _mappings.GetValueOrDefault(name);
}
