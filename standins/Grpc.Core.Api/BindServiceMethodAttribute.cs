using System.Diagnostics.CodeAnalysis;

namespace Grpc.Core;

/// <summary>Tells a server where the generated method <c>BindService(ServiceBinderBase, TService)</c> of a service base stands.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = false, Inherited = true)]
public class BindServiceMethodAttribute : Attribute
{
    private const DynamicallyAccessedMemberTypes BoundByReflection =
        DynamicallyAccessedMemberTypes.PublicMethods | DynamicallyAccessedMemberTypes.NonPublicMethods | DynamicallyAccessedMemberTypes.PublicProperties;

    /// <summary>Names the method.</summary>
    public BindServiceMethodAttribute([DynamicallyAccessedMembers(BoundByReflection)] Type bindType, string bindMethodName)
    {
        BindType = bindType;
        BindMethodName = bindMethodName;
    }

    /// <summary>The type that declares the method.</summary>
    [DynamicallyAccessedMembers(BoundByReflection)]
    public Type BindType { get; }

    /// <summary>The name of the method.</summary>
    public string BindMethodName { get; }
}
