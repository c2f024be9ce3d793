using System.Text;

namespace Grpc.Core;

/// <summary>What is known of a peer from its transport.</summary>
public class AuthContext
{
    private readonly Dictionary<string, List<AuthProperty>> _properties;

    /// <summary>With properties by name; the identity property is null for a peer that has not authenticated.</summary>
    public AuthContext(string? peerIdentityPropertyName, Dictionary<string, List<AuthProperty>> properties)
    {
        ArgumentNullException.ThrowIfNull(properties);
        PeerIdentityPropertyName = peerIdentityPropertyName;
        _properties = properties;
    }

    /// <summary>Whether the peer authenticated.</summary>
    public bool IsPeerAuthenticated => PeerIdentityPropertyName is not null;

    /// <summary>The property that names the peer.</summary>
    public string? PeerIdentityPropertyName { get; }

    /// <summary>The names of the peer; empty if it has not authenticated.</summary>
    public IEnumerable<AuthProperty> PeerIdentity => PeerIdentityPropertyName is null ? [] : _properties[PeerIdentityPropertyName];

    /// <summary>All properties.</summary>
    public IEnumerable<AuthProperty> Properties => _properties.Values.SelectMany(values => values);

    /// <summary>All properties of that name.</summary>
    public IEnumerable<AuthProperty> FindPropertiesByName(string propertyName) => _properties.TryGetValue(propertyName, out var values) ? values : [];
}

/// <summary>One property of a peer.</summary>
public class AuthProperty
{
    private readonly byte[] _value;

    private AuthProperty(string name, byte[] value)
    {
        Name = name;
        _value = value;
    }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>The value as UTF-8 text.</summary>
    public string Value => Encoding.UTF8.GetString(_value);

    /// <summary>A copy of the value.</summary>
    public byte[] ValueBytes => _value.AsSpan().ToArray();

    /// <summary>A property with a copy of this value.</summary>
    public static AuthProperty Create(string name, byte[] valueBytes)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(valueBytes);
        return new(name, valueBytes.AsSpan().ToArray());
    }
}
